"""What one image classifier does beyond what all of them do."""

import io
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import ednas_tf
from ednas_tf import models
from ednas_tf.space import genotype

SHAPE = (29, 29, 3)
X = np.random.default_rng(0).integers(0, 256, (8, *SHAPE)).astype("uint8")
Y = np.arange(8) % 3
#: An architecture whose network is traced fast.
SMALL = genotype.Genotype(
    "convolutional",
    dict.fromkeys(
        ("normal", "reduction"),
        genotype.Cell(
            (
                (
                    genotype.Edge(0, "dil_conv_3x3"),
                    genotype.Edge(1, "skip_connect"),
                ),
                (
                    genotype.Edge(1, "avg_pool_3x3"),
                    genotype.Edge(2, "max_pool_3x3"),
                ),
            ),
            (2, 3),
        ),
    ),
)


@pytest.fixture(autouse=True)
def seed():
    """Deterministic operations, which tests use, need one."""
    keras.utils.set_random_seed(0)


def built(shape=SHAPE, classes=3, architecture=SMALL, **options):
    options = {"cells": 3, "channels": 2, **options}
    return ednas_tf.build(architecture, shape, classes, **options)


def compiled(model, **options):
    loss = "sparse_categorical_crossentropy"
    model.compile("sgd", loss, metrics=["accuracy"], **options)
    return model


def test_layers_are_named_by_cell_node_and_operation():
    model = built(architecture="ednas_cifar10")
    names = [layer.name for layer in model.layers]
    assert names[:3] == ["images", "standardise", "stem_0"]
    assert names[-2:] == ["classifier", "probabilities"]
    assert {"cell_01_reduction_input_1", "cell_01_reduction"} < set(names)
    text = io.StringIO()
    model.summary(
        line_length=160,
        expand_nested=True,
        print_fn=lambda line: text.write(line + "\n"),
    )
    assert "cell_02_reduction" in text.getvalue()
    assert "node_2_1_dil_conv_3x3_from_1" in text.getvalue()
    assert "?" not in text.getvalue()
    paths = [weight.path for weight in model.weights]
    assert (
        "cell_00_normal/node_2_1_dil_conv_3x3_from_1/batch_norm_3/gamma"
        in paths
    )


def test_features_of_a_cell_can_be_read():
    model = built()
    cell = keras.Model(model.input, model.get_layer("cell_01_reduction").output)
    assert cell(X).shape == (8, 15, 15, 8)


def test_the_auxiliary_loss_is_added_times_its_weight():
    model = built(auxiliary_weight=0.5)
    loss = keras.losses.SparseCategoricalCrossentropy()
    model.compile("sgd", loss, metrics=["accuracy"])
    probabilities, auxiliary = model(X, training=True)
    expected = loss(Y, probabilities) + 0.5 * loss(Y, auxiliary)
    found = model.compute_loss(X, Y, (probabilities, auxiliary))
    np.testing.assert_allclose(found, expected, rtol=1e-6)

    before = model.auxiliary_head.dense.kernel.numpy()
    history = model.fit(X, Y, batch_size=8, verbose=0).history
    np.testing.assert_allclose(history["loss"][0], expected, rtol=1e-4)
    assert np.any(before != model.auxiliary_head.dense.kernel.numpy())
    # An evaluation has no auxiliary head.
    np.testing.assert_allclose(
        model.evaluate(X, Y, verbose=0)[0], loss(Y, model(X)), rtol=1e-4
    )


def test_drop_path_drops_edges_in_training_only():
    model = built(drop_path=0.5)
    np.testing.assert_array_equal(model(X), model(X))
    assert np.any(model(X, training=True) != model(X, training=True))
    drawn = model.drop_path.draw(4, tf.constant(5000)).numpy()
    assert drawn.shape == (4, 5000) and set(drawn.flat) == {0.0, 2.0}
    assert abs(drawn.mean() - 1) < 0.05


def test_a_schedule_raises_the_rate_of_drop_path():
    model = compiled(built(drop_path=0.4))
    rates = []

    class Recorded(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            rates.append(float(model.drop_path.rate.numpy()))

    callbacks = [models.DropPathSchedule(), Recorded()]
    model.fit(X, Y, epochs=3, verbose=0, callbacks=callbacks)
    np.testing.assert_allclose(rates, [0, 0.2, 0.4], rtol=1e-6)


def test_in_16_bits_probabilities_have_32(tmp_path):
    model = compiled(built(dtype="mixed_bfloat16", auxiliary_weight=0.4))
    assert keras.config.dtype_policy().name == "float32"
    assert model.get_layer("cell_00_normal").compute_dtype == "bfloat16"
    model.fit(X, Y, verbose=0)
    assert all(weight.dtype == "float32" for weight in model.weights)
    assert model(X).dtype == tf.float32
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(X), model(X))


def two_replicas():
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def test_two_replicas_take_the_step_of_one():
    one = compiled(built(auxiliary_weight=0.4))
    with two_replicas().scope():
        two = compiled(built(auxiliary_weight=0.4))
    two.set_weights(one.get_weights())
    losses = [
        model.fit(X, Y, batch_size=8, verbose=0, shuffle=False).history["loss"]
        for model in (one, two)
    ]
    np.testing.assert_allclose(*losses, rtol=1e-5)
    for a, b in zip(one.weights, two.weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)
    # The last batch has one image, and one replica none.
    np.testing.assert_allclose(
        two.predict(X[:7], batch_size=6, verbose=0), one(X[:7]), atol=1e-3
    )


def test_norms_use_the_whole_batch_where_replicas_have_unequal_parts():
    one, strategy = built(), two_replicas()
    with strategy.scope():
        two = built()
    two.set_weights(one.get_weights())
    (batch,) = strategy.experimental_distribute_dataset(
        tf.data.Dataset.from_tensor_slices(X[:7]).batch(8)
    )
    call = tf.function(lambda images: two(images, training=True))
    parts = strategy.experimental_local_results(strategy.run(call, (batch,)))
    assert [len(part) for part in parts] == [4, 3]
    np.testing.assert_allclose(
        tf.concat(parts, 0), one(X[:7], training=True), atol=1e-5
    )
    for a, b in zip(one.weights, two.weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_two_replicas_drop_paths_and_need_an_image_each():
    with two_replicas().scope():
        model = compiled(built(drop_path=0.3, auxiliary_weight=0.4))
    history = model.fit(X, Y, batch_size=8, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    with pytest.raises(
        tf.errors.InvalidArgumentError,
        match="expected at least one image for each of 2 replicas",
    ):
        model.fit(np.tile(X, (2, 1, 1, 1))[:9], np.tile(Y, 2)[:9], batch_size=8)


def test_frozen_layers_stay_as_they_are(tmp_path):
    model = built()
    for layer in model.layers:
        layer.trainable = layer.name == "classifier"
    compiled(model)
    names = {weight.path.split("/")[0] for weight in model.trainable_weights}
    assert names == {"classifier"}
    # Several weights of an operation have one path.
    before = [weight.numpy() for weight in model.weights]
    model.fit(X, Y, verbose=0)
    for weight, old in zip(model.weights, before, strict=True):
        kept = np.array_equal(old, weight)
        assert kept != weight.path.startswith("classifier"), weight.path

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert len(loaded.trainable_weights) == 2
    # Keras ignores `loaded.trainable = True`, which it is already.
    for layer in loaded.layers:
        layer.trainable = True
    assert len(loaded.trainable_weights) > 2


def test_without_top_it_is_a_part_of_another_model(tmp_path):
    features = built(classes=None, include_top=False, name="features")
    assert features.output_shape == (None, 8, 8, 16)
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            features,
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(4, "softmax"),
        ]
    )
    compiled(model).fit(X, Y, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(X), model(X))


def test_weights_alone_are_saved_and_loaded(tmp_path):
    model, other = built(), built()
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(other(X), model(X))


@pytest.mark.parametrize("is_loaded", [False, True])
def test_it_is_exported_for_tensorflow_alone(is_loaded, tmp_path):
    model = built()
    if is_loaded:
        model.save(tmp_path / "model.keras")
        model = keras.saving.load_model(tmp_path / "model.keras")
    model.export(tmp_path / "exported", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "exported")
    images = X.astype("float32")
    for count in (3, 8):
        np.testing.assert_allclose(
            loaded.serve(images[:count]), model(images[:count]), rtol=1e-5
        )


def test_images_of_another_shape_are_refused():
    model, wrong = built((8, 8, 1)), np.zeros((2, 8, 8, 3))
    for call in (model, lambda images: model.predict(images, verbose=0)):
        with pytest.raises(
            ValueError,
            match=r"^images: expected the shape \[n, 8, 8, 1\], found "
            r"\[2, 8, 8, 3\]; convert the images, or build a model with their "
            "input_shape$",
        ):
            call(wrong)


def test_the_shape_of_images_need_not_be_known():
    model, images = built((8, 8, 1)), np.zeros((2, 8, 8, 1), np.float32)
    expected = model(images)
    np.testing.assert_array_equal(model(images[..., 0]), expected)
    unknown = tf.TensorSpec((None, 8, 8, None))
    call = tf.function(model, input_signature=[unknown])
    np.testing.assert_allclose(call(images), expected, rtol=1e-5)


def test_an_older_format_of_files_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"^save: .* use \.keras, or [^\n]*$"):
        built().save(tmp_path / "model.h5")
    assert not [*tmp_path.iterdir()]


ELSEWHERE = """
import sys
import numpy as np
import keras
try:
    keras.saving.load_model(sys.argv[1] + "/model.keras")
except TypeError as error:
    print("before the import:", "ImageClassifier" in str(error))
import ednas_tf
model = ednas_tf.load_model(sys.argv[1] + "/model.keras")
x, y = np.load(sys.argv[1] + "/x.npy"), np.arange(8) % 3
np.save(sys.argv[1] + "/found.npy", model(x))
model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=True)
print("compiled by XLA:", model.jit_compile)
model.fit(x, y, verbose=0)
np.save(sys.argv[1] + "/fitted.npy", model(x))
"""


def test_another_process_loads_it_and_xla_compiles_it(tmp_path):
    model = built()
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", X)
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "before the import: True" in done.stdout
    assert "compiled by XLA: True" in done.stdout
    np.testing.assert_allclose(
        np.load(tmp_path / "found.npy"), model(X), rtol=1e-5
    )
    compiled(model).fit(X, Y, verbose=0)
    np.testing.assert_allclose(
        np.load(tmp_path / "fitted.npy"), model(X), rtol=0.05, atol=0.01
    )
