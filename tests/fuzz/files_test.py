"""Files of runs and of data that a stranger sends, given to their readers."""

import functools
import json
import os
import pathlib
import shutil
import tempfile

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from ednas_tf import errors
from ednas_tf.analysis.policy_history import PolicyHistory
from ednas_tf.client import vocabulary
from ednas_tf.data.images import array_folder
from ednas_tf.data.images.image_data import Split
from ednas_tf.data.text import text_folder
from ednas_tf.loops import whole_summary
from ednas_tf.loops.short import ledger
from ednas_tf.loops.train import results
from ednas_tf.runs import run_directory, run_lock, starts
from tests.analysis import histories
from tests.fuzz import report_cases
from tests.fuzz.answers_test import examples
from tests.fuzz.genotype_cases import spoilt
from tests.fuzz.harness import FIFO, FOLDER, Link, time_limit, write
from tests.fuzz.parts import DIGITS, RESULT, mutated
from tests.fuzz.settings_cases import DOCUMENTS

_MOST_SECONDS = 5
_START = [{"time": "x", "host": "y", "versions": {"numpy": "2"}, "data": {}}]

#: Name of a file -> what reads it.
READERS = {
    ".lock": lambda file: run_lock.check(file.parent),
    "arrays.json": lambda file: array_folder.read(file.parent),
    "genotype.json": results.read_genotype,
    "params.yaml": run_directory.load,
    "policy.npz": lambda file: PolicyHistory(file, None).go_on(2),
    "result.json": lambda file: results.read_result(file.parent),
    "starts.json": lambda file: starts.data(file.parent),
    "text.json": lambda file: text_folder.written_digest(file.parent),
    "train_images.npy": lambda file: array_folder.read(file.parent),
    "train_labels.npy": lambda file: array_folder.read(file.parent),
    "trainings.jsonl": lambda file: ledger.read(file, histories.SMALL),
    "verdict.json": whole_summary.read_verdict,
    "vocabulary.txt": vocabulary.read,
}


@functools.cache
def _good():
    """Undamaged files by name."""
    found = {**report_cases.small_run(), **report_cases.short_run()}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        images = np.arange(48, dtype=np.uint8).reshape(4, 2, 2, 3)
        split = Split(images, np.arange(4, dtype=np.int32) % 2)
        arrays = array_folder.Arrays(split, split, ("cat", "dog"))
        array_folder.write(folder, arrays)
        found |= {file.name: file.read_bytes() for file in folder.iterdir()}
    return found | {
        ".lock": b'{"pid": 1, "host": "a", "since": "b"}',
        "params.yaml": DIGITS,
        "result.json": RESULT,
        "starts.json": json.dumps(_START).encode(),
        "text.json": b'{"version": 1, "digest": "0123456789ab"}',
        "vocabulary.txt": b"the\n<eos>\n<unk>\n",
    }


_OTHERS = (
    *(b"", b"\xff", b"\0" * 99, b"[" * 60000, b'{"a":' * 9000, b"9" * 5000),
    *(b"[1" + b"0" * 400 + b"]", b"NaN", b"null", b"true", b"1e999", b'"x"'),
    *(b'"' + b"x" * 200_000, b"\x93NUMPY\1\0", b"PK\3\4", b"\x1f\x8b"),
    *(FIFO, FOLDER, Link("/dev/zero"), Link("/dev/full"), Link("none")),
    *(Link("loop"), *DOCUMENTS),
)


@st.composite
def damaged(draw, name):
    """What stands in place of a file."""
    content = _good()[name]
    if name.endswith(".json") and draw(st.booleans()):
        return spoilt(draw, json.loads(content))
    whole = [*_OTHERS, content * 2, content[:-9], content[9:], content]
    if name.endswith((".npy", ".npz")):
        whole += [
            content.replace(b"(4, 2, 2, 3)", b"(9, 9, 9, 9)"),
            content.replace(b"'|u1'", b"'|O8'"),
            report_cases.npz({"epoch/rewards": np.zeros([])}),
        ]
    return draw(st.sampled_from(whole) | mutated(content))


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_refused_in_one_line(name, tmp_path):
    others = {n: _good()[n] for n in _good() if n.startswith(("tr", "te"))}
    others |= {"arrays.json": _good()["arrays.json"]}
    refused = []

    @examples(60)
    @hypothesis.given(damaged(name))
    def each(content):
        folder = pathlib.Path(tempfile.mkdtemp(dir=tmp_path))
        write(folder, others | {name: content, "loop": Link("loop")})
        before = sorted(os.listdir(folder))
        try:
            with time_limit(_MOST_SECONDS):
                READERS[name](folder / name)
        except (errors.RequestError, errors.RunError) as error:
            refused.append(name)
            assert errors.one_line(str(error)).isprintable()
            assert str(folder) in str(error)
        except OSError:
            # `run_directory.check` says which directory cannot be read.
            assert name == ".lock"
        assert sorted(os.listdir(folder)) == before
        shutil.rmtree(folder)

    each()
    assert len(refused) >= 20


def test_undamaged_files_are_read(tmp_path):
    write(tmp_path, _good())
    for name, read in READERS.items():
        read(tmp_path / name)
