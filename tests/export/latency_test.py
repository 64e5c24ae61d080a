import json
import math
import re
import subprocess
import sys

import pytest

from ednas_tf.export import litert
from ednas_tf.export.text import text_export
from tests.export import tiny_texts


def run(*flags, json=True):
    flags = [*flags, "--json"] if json else flags
    return subprocess.run(
        [sys.executable, "-m", "export.latency", *flags],
        capture_output=True,
        text=True,
    )


def test_the_result_is_one_json_object(exported):
    done = run(f"--model={exported}", "--batch_sizes=1,3", "--runs=4")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["runs"] == 4 and found["device"] in ("CPU", "GPU")
    assert list(found["latency_ms"]) == ["1", "3"]
    assert found["batch_of"] == "images"
    for value in found["latency_ms"].values():
        assert 0 < value < math.inf


def test_a_folder_of_versions_stands_for_the_highest(exported):
    done = run(f"--model={exported.parent}", "--batch_sizes=1", "--runs=2")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["model"] == str(exported)


@pytest.fixture(scope="module")
def single(found, tmp_path_factory):
    """A file of LiteRT for single images."""
    file = tmp_path_factory.mktemp("single") / litert.SINGLE_FILE
    made = litert.float_model(found.network, found.task.data, batch=1)
    file.write_bytes(made)
    return file


def test_a_person_reads_a_table(single):
    done = run(f"--model={single}", "--batch_sizes=1", "--runs=2", json=False)
    first, file, latency = done.stdout.splitlines()
    assert first.startswith("median of 2 runs on this CPU with ")
    assert first.endswith("; a batch is of images")
    assert file.startswith(f"{single} (LiteRT ")
    assert re.fullmatch(r"  batch of    1: +[0-9]+\.[0-9]{2} ms", latency)


def test_a_file_is_timed_in_its_own_runtime(single):
    done = run(f"--model={single}", "--runs=2")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["runtime"].startswith("LiteRT ")
    assert found["bytes"] == single.stat().st_size
    # It takes no batch of 32.
    assert list(found["latency_ms"]) == ["1"]
    assert 0 < found["latency_ms"]["1"] < math.inf


def test_a_file_that_cannot_be_timed_is_refused(single, tmp_path):
    damaged = tmp_path / "model.tflite"
    damaged.write_text("none")
    for flags, message in (
        ([f"--model={damaged}"], f"--model: {damaged}: cannot be loaded"),
        ([f"--model={single}", "--batch_sizes=2"], "--batch_sizes: "),
    ):
        done = run(*flags)
        assert done.returncode == 2
        assert done.stderr.startswith(f"error: {message}")
        assert len(done.stderr.splitlines()) == 1


def test_the_latency_of_a_language_model(tmp_path):
    exported = text_export.TextExport(tiny_texts.trained())
    exported.write(tmp_path / "1")
    done = run(f"--model={tmp_path / '1'}", "--batch_sizes=2", "--runs=2")
    # TensorFlow's warning about gradients is not shown.
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["batch_of"] == "sentences of 35 words"
    assert 0 < found["latency_ms"]["2"] < math.inf


def test_wrong_requests_are_refused(tmp_path):
    for flags, message in (
        ([], "--model: expected an exported network"),
        ([f"--model={tmp_path}", "--batch_sizes=1,-4"], "--batch_sizes"),
        (
            [f"--model={tmp_path}"],
            f"--model: {tmp_path}: expected an exported version",
        ),
        (["--seed=1"], "Unknown command line flag 'seed'"),
    ):
        done = run(*flags)
        assert done.returncode == 2
        assert done.stderr.startswith(f"error: {message}")
        assert len(done.stderr.splitlines()) == 1
