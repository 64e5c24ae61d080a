import json
import math
import subprocess
import sys

from ednas_tf.export.text import text_export
from tests.export import tiny_texts


def run(*flags):
    return subprocess.run(
        [sys.executable, "-m", "export.latency", *flags],
        capture_output=True,
        text=True,
    )


def test_the_result_is_one_json_object(exported):
    done = run(f"--saved_model={exported}", "--batch_sizes=1,3", "--runs=4")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["runs"] == 4 and found["device"] in ("CPU", "GPU")
    assert list(found["latency_ms"]) == ["1", "3"]
    assert found["batch_of"] == "images"
    for value in found["latency_ms"].values():
        assert 0 < value < math.inf


def test_the_latency_of_a_language_model(tmp_path):
    exported = text_export.TextExport(tiny_texts.trained())
    exported.write(tmp_path / "1")
    done = run(f"--saved_model={tmp_path / '1'}", "--batch_sizes=2", "--runs=2")
    # TensorFlow's warning about gradients is not shown.
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["batch_of"] == "sentences of 35 words"
    assert 0 < found["latency_ms"]["2"] < math.inf


def test_wrong_requests_are_refused(tmp_path):
    for flags, message in (
        ([], "--saved_model: expected the directory of an exported version"),
        ([f"--saved_model={tmp_path}", "--batch_sizes=1,-4"], "--batch_sizes"),
        ([f"--saved_model={tmp_path}"], f"{tmp_path}: expected a SavedModel"),
        (["--seed=1"], "Unknown command line flag 'seed'"),
    ):
        done = run(*flags)
        assert done.returncode == 2
        assert done.stderr.startswith(f"error: {message}")
        assert len(done.stderr.splitlines()) == 1
