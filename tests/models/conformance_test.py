"""What every published cell has to do as a Keras model."""

import copy

import keras
import numpy as np
import pytest
import tensorflow as tf

import ednas_tf
from ednas_tf.data.images import pipeline
from ednas_tf.nets import cell_network
from ednas_tf.settings import schema
from ednas_tf.space import published

SHAPE, CLASSES, CELLS, CHANNELS = (15, 17, 3), 5, 3, 2
#: The smallest images that an auxiliary head can be used for.
AUXILIARY_SHAPE = (29, 29, 3)
NAS_BENCH = (
    "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|"
    "+|skip_connect~0|nor_conv_3x3~1|none~2|"
)
ALL = (*published.names("convolutional"), NAS_BENCH)
OPTIONS = {"cells": CELLS, "channels": CHANNELS, "mean": 0.4, "stddev": 0.3}


def pixels(shape=SHAPE, count=4):
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (count, *shape)).astype("uint8")


def randomize(model):
    """Gives all weights other values, the moving statistics, too."""
    generator = np.random.default_rng(0)
    for variable in model.weights:
        value = generator.uniform(0.5, 1.5, variable.shape)
        variable.assign(value - 1 if len(variable.shape) > 1 else value)
    return model


@pytest.fixture(scope="module", params=ALL)
def model(request):
    return randomize(ednas_tf.build(request.param, SHAPE, CLASSES, **OPTIONS))


def assert_same(one, other, images=None):
    images = pixels() if images is None else images
    np.testing.assert_array_equal(one(images), other(images))


def test_it_computes_the_network_of_a_training(model):
    network = cell_network.derived_network(
        model.genotype,
        schema.Network(cells=CELLS, channels=CHANNELS),
        3,
        CLASSES,
    ).make_weights(SHAPE)
    layers = [*network.stem, *network.preprocessors, *network.cells]
    for layer in (*layers, network.classifier):
        layer.set_weights(model.get_layer(layer.name).get_weights())
    images = pipeline.standardise(tf.constant(pixels()), model.options)

    expected = tf.nn.softmax(network(images))

    np.testing.assert_array_equal(model(pixels()), expected)
    assert expected.numpy().std() > 0.01


def test_a_copy_of_its_configuration_is_the_same_model(model):
    clone = keras.models.clone_model(model)
    of_json = keras.models.model_from_json(model.to_json())
    for other in (clone, of_json):
        assert type(other) is type(model)
        assert other.get_config() == model.get_config()
        other.set_weights(model.get_weights())
        assert_same(other, model)
    copied = copy.deepcopy(model)
    assert_same(copied, model)


def test_it_is_fitted_saved_and_loaded(model, tmp_path):
    fitted = ednas_tf.build(
        model.genotype,
        AUXILIARY_SHAPE,
        list("abcde"),
        **OPTIONS,
        drop_path=0.2,
        auxiliary_weight=0.4,
    )
    fitted.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
        # Tracing would take most of the time of this test.
        run_eagerly=True,
    )
    # Deterministic operations need a seed.
    keras.utils.set_random_seed(0)
    x, y = pixels(AUXILIARY_SHAPE), np.arange(4)
    before = [weight.numpy() for weight in fitted.trainable_weights]
    fitted.fit(x, y, epochs=1, verbose=0)
    after = [weight.numpy() for weight in fitted.trainable_weights]
    assert all(np.isfinite(each).all() for each in after)
    assert any(map(np.any, map(np.subtract, before, after)))

    fitted.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    assert loaded.get_config() == fitted.get_config()
    assert loaded.class_names == tuple("abcde")
    assert_same(loaded, fitted, x)
    for one, other in zip(
        loaded.optimizer.variables, fitted.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(one, other)
    # Both take the same next step, the dropped edges included.
    for each in (fitted, loaded):
        each.train_on_batch(x, y)
    for one, other in zip(loaded.weights, fitted.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_images_may_have_any_type_and_range(model):
    images = pixels()
    expected = model.predict(images, verbose=0)
    assert expected.dtype == np.float32
    np.testing.assert_allclose(expected.sum(-1), 1, rtol=1e-5)
    for dtype in ("int32", "float32", "float64"):
        np.testing.assert_array_equal(
            model(images.astype(dtype)), model(images)
        )
    other = model.from_config(model.get_config() | {"value_range": (0, 1)})
    other.set_weights(model.get_weights())
    np.testing.assert_allclose(
        other(images / 255), model(images), rtol=1e-3, atol=1e-5
    )
