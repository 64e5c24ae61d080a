"""Files of other sizes than the network's: the gate sees how they are cut."""

import dataclasses
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.data.images import image_data
from ednas_tf.export.gate import image_gate
from ednas_tf.export.images import signatures
from ednas_tf.export.images.image_export import ImageExport

SIDE = 8


def images(count=20):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, SIDE, SIDE, 1)).astype(np.uint8)


def data(central):
    split = image_data.Split(images(), np.zeros(20, np.int32))
    return image_data.ImageData(
        *("tiny", split, split, ("a", "b", "c")),
        mean=(0.5,),
        stddev=(0.25,),
        central=central,
    )


@pytest.fixture(scope="module")
def network():
    """A linear network, whose outputs tell all pixels apart."""
    layer = keras.layers.Dense(3, use_bias=False)
    made = keras.Sequential(
        [keras.Input((SIDE, SIDE, 1)), keras.layers.Flatten(), layer]
    )
    values = np.random.default_rng(1).normal(size=(SIDE * SIDE, 3))
    layer.set_weights([values / 20])
    return made


def answers(export, signatures):
    """The answers of loaded signatures to all requests of an export."""
    default = signatures["serving_default"]
    others = ("saved_model_cli", "openvino saved_model")
    named = {**signatures, **dict.fromkeys(others, default)}
    found = []
    for target, inputs in export.requests():
        inputs = {name: tf.constant(value) for name, value in inputs.items()}
        outputs = named[target](**inputs)
        found.append({name: value.numpy() for name, value in outputs.items()})
    return found


def judge(network, trained_on, served, folder):
    """Exports `network` as for the data `served`, and judges the export."""
    trained = types.SimpleNamespace(
        network=network, task=types.SimpleNamespace(data=trained_on)
    )
    export = ImageExport(trained)
    archive = signatures.archive(network, served)
    archive.write_out(str(folder), verbose=False)
    loaded = tf.saved_model.load(str(folder)).signatures
    return export.judge(export.requests(), answers(export, loaded))


def test_files_of_other_sizes():
    files = image_gate.other_sizes(images(2))
    sizes = [tf.io.decode_image(file).shape.as_list() for file in files]
    assert sizes == [[16, 8, 1]] * 2 + [[8, 4, 1]] * 2 + [[16, 8, 1]] * 2
    assert [tf.io.is_jpeg(file).numpy() for file in files] == [False] * 4 + [
        True
    ] * 2


@pytest.mark.parametrize("central", [False, True])
def test_an_export_that_cuts_as_the_evaluation_does_is_accepted(
    network, central, tmp_path
):
    found = judge(network, data(central), data(central), tmp_path)
    assert found["images"] == 20
    # OpenVINO is asked, too, where it is installed.
    assert set(found["largest_difference"]) >= {
        *("serving_default", "encoded", "encoded at other sizes"),
        "saved_model_cli",
    }
    assert max(found["largest_difference"].values()) < 1e-5


@pytest.mark.parametrize("central", [False, True])
def test_an_export_that_cuts_otherwise_is_refused(network, central, tmp_path):
    trained_on = data(central)
    served = dataclasses.replace(trained_on, central=not central)
    with pytest.raises(
        errors.RunError, match="encoded at other sizes disagrees with the"
    ):
        judge(network, trained_on, served, tmp_path)


def test_images_are_resized_with_antialiasing(network):
    """The expected pixels are the mean of pairs of rows: all weights are 1/2.

    Halving with antialiasing has the weights 1, 3, 3, 1 in eighths.
    """
    first = images(1)
    reference = image_gate.reference_of_files(
        network, data(False), image_gate.other_sizes(first)[:1]
    )
    high = first[0, :, :, 0].repeat(2, axis=0).astype(float)
    padded = np.pad(high, [(1, 1), (0, 0)], constant_values=np.nan)
    rows = np.stack([padded[i : i + 16 : 2] for i in range(4)])
    weights = np.where(np.isnan(rows), 0, [[[1]], [[3]], [[3]], [[1]]])
    expected = (np.nan_to_num(rows) * weights).sum(0) / weights.sum(0)
    np.testing.assert_allclose(
        reference.images[0, :, :, 0], expected, atol=0.5001
    )
