"""Commands in environments that other projects have set up."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

import ednas_tf
from ednas_tf.commands import environment

ROOT = pathlib.Path(ednas_tf.__file__).parents[1]

_SHOW = """
from ednas_tf.commands import environment
environment.prepare()
import keras, matplotlib, tensorflow as tf
print([
    keras.config.backend(), keras.config.floatx(), keras.config.epsilon(),
    keras.config.image_data_format(), matplotlib.get_backend().lower(),
    matplotlib.rcParams["font.size"], tf.keras.Model is keras.Model,
])
print("\\u2192")
"""


def shown(home, **variables):
    """What a process sees of Keras and Matplotlib; its outputs."""
    done = subprocess.run(
        [sys.executable, "-c", _SHOW],
        capture_output=True,
        cwd=home,
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "HOME": str(home)}
        | variables,
    )
    assert (done.returncode, done.stderr) == (0, b""), done.stderr.decode()
    return done.stdout.splitlines()


USUAL = b"['tensorflow', 'float32', 1e-07, 'channels_last', 'agg', 10.0, True]"


def test_settings_of_other_projects_have_no_effect(tmp_path):
    settings = {"floatx": "float16", "epsilon": 1.0, "backend": "torch"}
    settings["image_data_format"] = "channels_first"
    for folder in (tmp_path / ".keras", tmp_path / "other"):
        folder.mkdir()
        (folder / "keras.json").write_text(json.dumps(settings))
    styles = tmp_path / ".config" / "matplotlib"
    styles.mkdir(parents=True)
    (styles / "matplotlibrc").write_text("font.size: 30\n")

    assert shown(tmp_path)[0] == USUAL
    arrow = shown(
        tmp_path,
        MPLBACKEND="module://matplotlib_inline.backend_inline",
        MATPLOTLIBRC=str(styles),
        KERAS_BACKEND="jax",
        KERAS_HOME=str(tmp_path / "other"),
        KERAS_MAX_EPOCHS="many",
        TF_USE_LEGACY_KERAS="1",
        PYTHONIOENCODING="ascii",
    )
    assert arrow == [USUAL, rb"\u2192"]


def test_a_home_that_cannot_be_used(tmp_path):
    (tmp_path / "file").touch()
    home = str(tmp_path / "file" / "home")
    assert shown(tmp_path, HOME=home, TMPDIR=home)[0] == USUAL
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


@pytest.mark.parametrize("name", ["a[1]", "a*", "a?", "a\\b"])
def test_temporary_files_lie_where_tensorflow_can_use_them(monkeypatch, name):
    monkeypatch.setenv("TMPDIR", f"/tmp/{name}")
    monkeypatch.setenv("TEMP", "/tmp")
    environment.prepare()
    assert "TMPDIR" not in os.environ and os.environ["TEMP"] == "/tmp"
