import subprocess
import sys

import numpy as np

from ednas_tf.export.gate import other_processes
from ednas_tf.export.interface import CLI, SignatureRequest


def test_settings_are_refused():
    command = [sys.executable, "-m", "export.saved_model", "--seed=1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --seed: the settings of the")


def test_saved_model_cli_reports_a_wrong_shape(exported, tmp_path):
    wrong = SignatureRequest(CLI, {"images": np.zeros((2, 9, 8, 1), np.uint8)})
    ((_, inputs),) = other_processes._write(tmp_path / "cli", [wrong])
    command = other_processes._commands(exported, inputs)["saved_model_cli run"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert "(2, 9, 8, 1)" in done.stderr.splitlines()[-1]
    assert "has shape (None, 8, 8, 1)" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "outputs" / "classes.npy").exists()
