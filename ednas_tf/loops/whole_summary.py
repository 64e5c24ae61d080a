"""What a whole run found, as a record and as lines for a person."""

import pathlib
import re
import shlex
import textwrap

from ednas_tf import errors, tasks, whole_files, wording
from ednas_tf.analysis import alarms, chance, run_record
from ednas_tf.loops.baselines import compare, verdict
from ednas_tf.loops.train import results
from ednas_tf.monitor import terminal
from ednas_tf.runs import run_directory
from ednas_tf.runs.names import (
    GENOTYPE_FILE,
    HISTORY_FILE,
    RESULT_FILE,
    SETTINGS_FILE,
    VERDICT_FILE,
)
from ednas_tf.settings import plain_yaml
from ednas_tf.space.genotype import Genotype

#: The file of an export that a phone takes.
_PHONE_FILE = "model_batch_1.tflite"
#: A blank at which no line is broken.
_NO_BREAK = "\N{NO-BREAK SPACE}"


def made(
    search: pathlib.Path,
    train: pathlib.Path,
    version: pathlib.Path,
    latency: dict[str, object],
    baseline: pathlib.Path | None = None,
) -> tuple[dict[str, object], str]:
    """The record of all stages, and the name of its task.

    Args:
      search, train: the directories of these stages.
      version: the exported version.
      latency: what `ednas_tf.export.latency` has printed.
      baseline: the directory of the baselines, which need not exist.

    Raises:
      RequestError, RunError: a file of the run is damaged.
    """
    settings = run_directory.load(train / SETTINGS_FILE)
    result = results.read_result(train, settings.task)
    genotype = results.read_genotype(train / GENOTYPE_FILE)
    files = latency["files"]
    size = sum(
        file.stat().st_size
        for file in version.rglob("*")
        if file.is_file() and str(file.relative_to(version)) not in files
    )
    sure = read_verdict(search / VERDICT_FILE)
    alarmed = _alarms(search)
    compared = None
    if baseline and (baseline / RESULT_FILE).exists():
        compared = compare.read(baseline, result)
    command = [
        *("tensorflow_model_server", "--rest_api_port=8501"),
        f"--model_name={settings.data.plain_name()}",
        f"--model_base_path={version.parent}",
    ]
    return {
        "genotype": str(train / GENOTYPE_FILE),
        "cells": _cells(genotype),
        **result,
        **({"verdict": sure} if sure else {}),
        **({"alarms": alarmed} if alarmed else {}),
        **({"baselines": compared} if compared else {}),
        "saved_model": str(version),
        "saved_model_bytes": size,
        "latency_ms": latency["latency_ms"],
        "latency_batch_of": latency["batch_of"],
        **({"files": files} if files else {}),
        "serve": shlex.join(command),
    }, settings.task


def read_verdict(file: pathlib.Path) -> dict[str, object] | None:
    """How sure a search is that it beat chance; None if it does not say.

    Raises:
      RunError: the file is damaged.
    """
    if not file.exists():
        return None
    try:
        found = whole_files.read_json(file, "the verdict of a search")
        return chance.checked(found)
    except (errors.RequestError, ValueError) as error:
        raise errors.RunError(
            f"{file}: expected the verdict of a search: {error}; remove the "
            "file, and run the search's command again"
        ) from None


def _alarms(search):
    """What a person should know before trusting the search."""
    if not (search / HISTORY_FILE).exists():
        return []
    record = run_record.read(search, plain_yaml.parse)
    if record.policies is None:
        return []
    found = alarms.alarms(
        record.policies,
        record.planned,
        record.in_table,
        record.setting("policy", {}),
    )
    return list(found.values())


def _cells(genotype: Genotype) -> dict[str, str]:
    """Each cell as a text, node by node: "op source, op source | ..."."""
    return {
        cell_type: " | ".join(
            ", ".join(f"{edge.op} {edge.source}" for edge in node)
            for node in cell.nodes
        )
        for cell_type, cell in genotype.cells.items()
    }


def text(summary: dict[str, object], kind: type[tasks.Task]) -> str:
    """The record as lines for a person, of at most 80 columns.

    Args:
      summary: the record.
      kind: the class of its task.
    """
    chance_text = results.chance_text(summary, kind)
    baselines = summary.get("baselines")
    lines = {
        f"test {kind.measure}": results.test_text(summary, kind),
        **({"chance": chance_text} if chance_text else {}),
        **(verdict.texts(baselines, kind) if baselines else {}),
    }
    if "verdict" in summary:
        lines["verdict"] = chance.short(summary["verdict"])
    lines |= {
        **{
            f"{name} cell": _unbroken(cell)
            for name, cell in summary["cells"].items()
        },
        "genotype": summary["genotype"],
        "parameters": f"{summary['parameters']:,}",
        "multiply-adds": f"{summary['multiply_adds']:,} for {kind.a_unit}",
        "exported": f"{summary['saved_model']} "
        f"({summary['saved_model_bytes']:,} bytes)",
        "latency here": _latency(summary["latency_ms"], summary),
    }
    rows = [
        *lines.items(),
        *_files(summary),
        *(("alarm", each) for each in summary.get("alarms", [])),
    ]
    width = max(len(name) for name, _ in rows)
    rows = [_row(name, value, width) for name, value in rows]
    warned = baselines and verdict.warning(summary, baselines, kind)
    if warned:
        rows.insert(0, wording.wrapped(warned, ""))
    rows = [row.replace(_NO_BREAK, " ") for row in rows]
    serve = shlex.split(summary["serve"])
    export_dir = pathlib.Path(summary["saved_model"]).parent
    following = terminal.after_export(serve, export_dir, kind.export_form)
    return "\n".join([*rows, following, *_on_a_phone(summary)])


def _on_a_phone(summary):
    """What to do with the file for phones, if there is one."""
    for path in summary.get("files", {}):
        if pathlib.PurePath(path).name == _PHONE_FILE:
            file = pathlib.PurePath(summary["saved_model"]) / path
            yield f"next: put {file} into an app, see docs/serving.md"


def _unbroken(cell):
    """A cell whose edges, such as "sep_conv_3x3 0", stay in one line."""
    return re.sub(r" (\d)", rf"{_NO_BREAK}\1", cell)


def _row(name, value, width):
    """A row of the table; what does not fit stands below, indented."""
    return textwrap.fill(
        f"{name:{width}}  {value}",
        wording.COLUMNS,
        subsequent_indent=" " * (width + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _files(summary):
    """A row for each file of another format, and one about that of 8 bits."""
    files = summary.get("files", {})
    for path, found in files.items():
        yield (
            found["runtime"].split(" ")[0],
            f"{path} ({found['bytes']:,} bytes): "
            f"{_latency(found['latency_ms'], summary)}",
        )
    times = {
        pathlib.PurePath(path).stem: found["latency_ms"].get("1")
        for path, found in files.items()
    }
    eight, float32 = times.get("model_int8"), times.get("model")
    if eight and float32 and eight > 1.1 * float32:
        yield (
            "8 bits",
            f"model_int8.tflite is {eight / float32:.1f} times slower than "
            "model.tflite here, because LiteRT runs parts of it, such as ReLU, "
            "outside of its fast kernels; it is smaller, and made for the "
            "processors of phones: measure it there",
        )


def _latency(milliseconds_by_size, summary):
    """ "3.40 ms for one image, 20.00 ms for a batch of 32 images"."""
    many = summary["latency_batch_of"]
    first, *rest = many.split(" ")
    one = " ".join([first.removesuffix("s"), *rest])
    return ", ".join(
        f"{milliseconds:.2f} ms for "
        + (f"one {one}" if size == "1" else f"a batch of {size} {many}")
        for size, milliseconds in milliseconds_by_size.items()
    )
