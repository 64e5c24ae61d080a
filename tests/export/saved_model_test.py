import subprocess
import sys


def run(*flags):
    command = [sys.executable, "-m", "export.saved_model", *flags]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_command_takes_no_settings():
    done = run("--seed=1")
    assert done.returncode == 2
    assert done.stderr.startswith("error: --seed: the settings are those")


def test_saved_model_cli_tells_of_a_wrong_shape(exported, tmp_path):
    pass
