import subprocess
import sys

import numpy as np

from ednas_tf.export.exports import CLI, Request
from ednas_tf.export.gate import other_processes


def test_the_command_takes_no_settings():
    command = [sys.executable, "-m", "export.saved_model", "--seed=1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --seed: the settings are those")


def test_saved_model_cli_tells_of_a_wrong_shape(exported, tmp_path):
    wrong = Request(CLI, {"images": np.zeros((2, 9, 8, 1), np.uint8)})
    ((_, inputs),) = other_processes._write(tmp_path / "cli", [wrong])
    commands = other_processes._commands(exported, tmp_path, inputs)
    command = commands["saved_model_cli run"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "(2, 9, 8, 1)" in done.stderr.splitlines()[-1]
    assert "has shape (None, 8, 8, 1)" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "outputs" / "classes.npy").exists()
