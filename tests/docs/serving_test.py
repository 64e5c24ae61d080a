"""The Python program of docs/serving.md prepares pictures as training does."""

import json
import sys
import types

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.export.images import decoding
from tests.data import pictures
from tests.docs import pages


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Runs the program on a picture; returns the pixels that it classifies."""
    extra = tmp_path / "runs/photos/export/1/assets.extra"
    extra.mkdir(parents=True)
    (extra / "labels.txt").write_text("beach\nforest\n")
    (tmp_path / "photos/beach").mkdir(parents=True)
    found = []

    class Interpreter:
        def __init__(self, file):
            assert file.endswith("assets.extra/model.tflite")

        def get_signature_runner(self):
            return self._classify

        def _classify(self, images):
            found.append(images)
            return {"probabilities": np.array([[0.25, 0.75]], np.float32)}

    module = types.SimpleNamespace(Interpreter=Interpreter)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", module)
    monkeypatch.chdir(tmp_path)

    def run(form, content):
        (extra / "input.json").write_text(json.dumps(form))
        (tmp_path / "photos/beach/0001.jpg").write_bytes(content)
        (block,) = pages.blocks("docs/serving.md", "python")
        exec(compile(block.text, "<serving>", "exec"), {})
        return found[-1]

    return run


@pytest.mark.parametrize("central", [True, False])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(90, 160), (64, 48)])
def test_the_pixels_are_those_of_training(
    program, capsys, size, channels, central
):
    content = pictures.encoded(pictures.blocks(*size, side=30), "PNG")
    form = {"width": 48, "height": 64, "channels": channels, "central": central}
    found = program(form, content)
    shape = (64, 48, channels)
    expected = decoding.decode(tf.constant([content]), shape, central).numpy()
    assert found.dtype == np.uint8 and found.shape == (1, *shape)
    difference = np.abs(found.astype(int) - expected)
    # Another interpolation changes pixels at the edges of the blocks.
    assert np.median(difference) <= 1
    assert difference.mean() < 4
    assert capsys.readouterr().out == "forest 0.75\n"
