"""The computation of an exported image network, and its signatures."""

from collections.abc import Callable

import keras
import tensorflow as tf

from ednas_tf.data.images import image_data, pipeline
from ednas_tf.export.images import decoding

#: Maximum size in bytes of weights that become constants; TensorFlow cannot
#: read graphs of more than 2 GiB.
MOST_CONSTANT = 2**30


def logits(
    network: keras.Model, data: image_data.ImageData
) -> Callable[[tf.Tensor], tf.Tensor]:
    """The network as a function of raw images, ready to be traced.

    Its weights are constants of the graph, so that a loader can fold the norms
    into the convolutions before them: this takes less time and disk space than
    variables, which might still change.

    Args:
      network: maps standardised images to logits.
      data: the data set, for standardisation.

    Returns:
      A function from images, uint8 or float32 [batch, height, width, channels]
      of 0 to 255, to logits, float32 [batch, classes].
    """
    values = [(variable, variable.numpy()) for variable in network.variables]
    if sum(value.nbytes for _, value in values) > MOST_CONSTANT:
        values = []

    def call(images):
        constants = [(each, tf.constant(value)) for each, value in values]
        with keras.StatelessScope(constants):
            return network(pipeline.standardise(images, data), training=False)

    return call


def probabilities(
    network: keras.Model,
    data: image_data.ImageData,
    dtype: tf.DType,
    batch: int | None = None,
):
    """A function from `images` to `probabilities`, ready to be traced.

    Args:
      network: maps standardised images to logits.
      data: the data set, for standardisation.
      dtype: type of the images.
      batch: number of images, or None for any number.
    """
    found = logits(network, data)

    def call(images):
        return {"probabilities": tf.nn.softmax(found(images))}

    return tf.function(call, [_images(data, dtype, batch)], autograph=False)


def archive(
    network: keras.Model, data: image_data.ImageData
) -> keras.export.ExportArchive:
    """The two signatures of a SavedModel.

    `serving_default` maps `images`, uint8 [batch, height, width, channels];
    `encoded` maps `encoded_images`, string [batch], the bytes of JPEG and PNG
    files. Both return `probabilities`, float32 [batch, classes]; `classes`,
    int64 [batch], the most probable class; and `labels`, string [batch], its
    name.
    """
    found, names = logits(network, data), tf.constant(data.labels)
    spec = _images(data, tf.uint8)

    def classify(images):
        values = _not_empty(found, images)
        classes = tf.argmax(values, -1)
        return {
            "probabilities": tf.nn.softmax(values),
            "classes": classes,
            "labels": tf.gather(names, classes),
        }

    # Trace once: both signatures call the same function of the graph.
    shared = tf.function(classify, [spec], autograph=False)

    def classify_encoded(encoded_images):
        return shared(
            decoding.decode(encoded_images, spec.shape[1:], data.central)
        )

    result = keras.export.ExportArchive()
    result.add_endpoint(
        "serving_default", lambda images: shared(images), [spec]
    )
    encoded = tf.TensorSpec([None], tf.string, name="encoded_images")
    result.add_endpoint("encoded", classify_encoded, [encoded])
    return result


def _not_empty(function, images):
    """Adds an image to an empty batch and drops its result.

    TensorFlow's convolutions give wrong shapes for an empty batch.
    """
    images = tf.ensure_shape(images, images.shape)
    count = tf.shape(images)[0]
    more = tf.cast(count == 0, tf.int32)
    padded = tf.pad(images, [[0, more], *[[0, 0]] * 3])
    return function(tf.ensure_shape(padded, images.shape))[:count]


def _images(data, dtype, batch=None):
    shape = [batch, *data.form.image_shape]
    return tf.TensorSpec(shape, dtype, name="images")
