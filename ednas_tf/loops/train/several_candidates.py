"""One training for each of several candidates of a search, compared."""

import copy
import itertools
import json
import pathlib
from collections.abc import Mapping

from ednas_tf import tasks, whole_files, wording
from ednas_tf.loops import distribution
from ednas_tf.loops.train import train_loop
from ednas_tf.monitor import terminal
from ednas_tf.runs import run_directory
from ednas_tf.runs.names import COMPARED_FILE, candidate_folder
from ednas_tf.settings import schema
from ednas_tf.space.genotype import Genotype


def train(
    settings: schema.Settings,
    genotypes: Mapping[int, Genotype],
    directory: pathlib.Path,
) -> dict[str, dict[str, object]]:
    """Trains each candidate in turn, and compares them; resumes.

    Args:
      settings: the settings of all trainings.
      genotypes: the candidates by their numbers.
      directory: directory for the trainings, in folders candidate_<number>, and
        for their comparison; it may be that of the search.

    Returns:
      The result of each training by the number of its candidate, as it is
      written to the directory.

    Raises:
      RequestError: see `train_loop.train`.
      RunError, LostProcess, Interrupted: see `train_loop.train`.
    """
    writes = distribution.is_writer(settings.runtime)
    folders = {n: directory / candidate_folder(n) for n in genotypes}
    # All of them are checked before the first is trained. Sizes that one has
    # chosen are adopted by all others.
    for folder in folders.values():
        run_directory.check(folder, settings, writes)
    found, first = {}, train_loop.first_unfinished(folders.values())
    for number, genotype in genotypes.items():
        print(f"candidate {number}:")
        own, folder = copy.deepcopy(settings), folders[number]
        found[str(number)] = train_loop.train(
            *(own, genotype, folder),
            is_kept=False,
            announces=folder == first,
        )
        schema.adopt_sizes(settings, own)
    if writes:
        text = json.dumps(found, indent=2) + "\n"
        whole_files.write(directory / COMPARED_FILE, text.encode())
    print(table(found, tasks.kind(settings.task)))
    print(wording.wrapped(f"in {directory / COMPARED_FILE}"))
    first = folders[int(_ranked(found, tasks.kind(settings.task))[0])]
    words = [
        *("python", "-m", "ednas_tf.export.saved_model"),
        f"--model_dir={first}",
    ]
    print(f"next: {terminal.wrapped_command(words)}")
    return found


def table(
    found: Mapping[str, dict[str, object]], kind: type[tasks.Task]
) -> str:
    """The results of several trainings as a table, the best first.

    Args:
      found: result by the number of the candidate.
      kind: the class of their task.
    """
    validated, judged = f"validation_{kind.measure}", _judged_by(found, kind)
    names = "candidate", kind.measure, "95 % interval", "validation"
    rows = [[*names, "parameters", "multiply-adds"]]
    for number in _ranked(found, kind):
        each = found[number]
        low, high = (
            each.get(f"test_{kind.measure}_{end}") for end in ("low", "high")
        )
        sizes = each["parameters"], each["multiply_adds"]
        rows.append(
            [
                number,
                f"{each[f'test_{kind.measure}']:.4f}",
                "" if low is None else f"{low:.4f} to {high:.4f}",
                f"{each[validated]:.4f}" if judged == validated else "",
                *(f"{size:,}" for size in sizes),
            ]
        )
    # Columns without any number are left out.
    kept = [any(column[1:]) for column in zip(*rows, strict=True)]
    rows = [list(itertools.compress(row, kept)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join([*lines, wording.wrapped(_remark(judged == validated))])


def _judged_by(found, kind):
    """The name of the number that decides: of the validation if all have it."""
    name = f"validation_{kind.measure}"
    known = all(name in each for each in found.values())
    return name if known else f"test_{kind.measure}"


def _ranked(found, kind):
    """The candidates' numbers, the best first."""
    judged = _judged_by(found, kind)
    return sorted(
        found, key=lambda n: found[n][judged], reverse=kind.higher_is_better
    )


def _remark(is_validated):
    if is_validated:
        return (
            "The order is that of the validation data; the test had no part in "
            "it."
        )
    return (
        "The order is that of the test data. To take the first for that reason "
        "makes its test result look somewhat better than it is; "
        "train.validation_images keeps images apart to choose by."
    )
