import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.export.images import signatures


@pytest.fixture(scope="module")
def loaded(exported):
    return tf.saved_model.load(str(exported)).signatures


def test_inputs_and_outputs(loaded):
    outputs = {
        "probabilities": ([None, 10], tf.float32),
        "classes": ([None], tf.int64),
        "labels": ([None], tf.string),
    }
    for name, inputs in (
        ("serving_default", {"images": ([None, 8, 8, 1], tf.uint8)}),
        ("encoded", {"encoded_images": ([None], tf.string)}),
    ):
        signature = loaded[name]
        _, found = signature.structured_input_signature
        assert specs_of(found) == inputs
        assert specs_of(signature.structured_outputs) == outputs


def specs_of(specs):
    return {k: (v.shape.as_list(), v.dtype) for k, v in specs.items()}


@pytest.mark.parametrize("batch_size", [1, 5])
def test_outputs_are_the_networks(found, loaded, batch_size):
    data = found.task.data
    raw = data.test.images[:batch_size]
    images = (raw / 255 - data.mean) / data.stddev
    exponents = np.exp(found.network(images.astype(np.float32)).numpy())
    expected = exponents / exponents.sum(-1, keepdims=True)
    files = [tf.io.encode_png(image).numpy() for image in raw]
    for outputs in (
        loaded["serving_default"](images=tf.constant(raw)),
        loaded["encoded"](encoded_images=tf.constant(files)),
    ):
        probabilities = outputs["probabilities"].numpy()
        np.testing.assert_allclose(probabilities.sum(-1), 1, atol=1e-6)
        np.testing.assert_allclose(probabilities, expected, atol=1e-5)
        classes = expected.argmax(-1).tolist()
        assert outputs["classes"].numpy().tolist() == classes
        names = [label.decode() for label in outputs["labels"].numpy()]
        assert names == list(map(str, classes))


def test_an_empty_batch(loaded):
    for outputs in (
        loaded["serving_default"](images=tf.zeros([0, 8, 8, 1], tf.uint8)),
        loaded["encoded"](encoded_images=tf.zeros([0], tf.string)),
    ):
        shapes = {name: value.shape for name, value in outputs.items()}
        assert shapes == {
            "probabilities": (0, 10),
            "classes": (0,),
            "labels": (0,),
        }


def test_wrong_shapes_and_types_are_refused(loaded):
    for shape in ([2, 9, 8, 1], [2, 8, 8, 3], [8, 8, 1]):
        with pytest.raises(
            tf.errors.InvalidArgumentError,
            match=r"not compatible with expected shape \[\?,8,8,1\]",
        ):
            loaded["serving_default"](images=tf.zeros(shape, tf.uint8))
    with pytest.raises(tf.errors.InvalidArgumentError, match="uint8 .* float"):
        loaded["serving_default"](images=tf.zeros([2, 8, 8, 1]))


def test_weights_are_constants_unless_they_are_too_large(
    found, tmp_path, monkeypatch
):
    network, data = found.network, found.task.data
    raw = tf.constant(data.test.images[:3])
    results = []
    for most, count in ((2**30, 0), (0, len(network.variables))):
        monkeypatch.setattr(signatures, "MOST_CONSTANT", most)
        folder = str(tmp_path / str(most))
        signatures.archive(network, data).write_out(folder, verbose=False)
        loaded = tf.saved_model.load(folder)
        serve = loaded.signatures["serving_default"]
        assert len(serve.variables) == count
        results.append(serve(images=raw)["probabilities"].numpy())
    np.testing.assert_allclose(*results, atol=1e-5)
