import json
import math
import subprocess
import sys


def run(*flags):
    return subprocess.run(
        [sys.executable, "-m", "export.latency", *flags],
        capture_output=True,
        text=True,
    )


def test_one_json_object(exported):
    done = run(f"--saved_model={exported}", "--batch_sizes=1,3", "--runs=4")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["runs"] == 4 and found["device"] in ("CPU", "GPU")
    assert list(found["latency_ms"]) == ["1", "3"]
    for value in found["latency_ms"].values():
        assert 0 < value < math.inf


def test_bad_requests(tmp_path):
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
