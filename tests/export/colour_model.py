"""A SavedModel with the signatures of an export and known answers."""

import pathlib

import tensorflow as tf

SIZE = 32
#: Maps each version to the names of its classes.
LABELS = {1: ["red", "green", "blue"], 2: ["rouge", "vert", "bleu"]}
#: Probabilities for an image of one class's colour: e^2 / (e^2 + 2) for that
#: class, 1 / (e^2 + 2) for the others.
HIGH, LOW = "78.7 %", "10.7 %"


class _Colours(tf.Module):
    """A model in which each channel's mean / 127.5 is the logit of a class."""

    def __init__(self, labels):
        super().__init__()
        self.labels = tf.Variable(labels)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, SIZE, SIZE, 3], tf.uint8, "images")
        ]
    )
    def serving_default(self, images):
        logits = tf.reduce_mean(tf.cast(images, tf.float32), [1, 2]) / 127.5
        classes = tf.argmax(logits, -1)
        return {
            "probabilities": tf.nn.softmax(logits),
            "classes": classes,
            "labels": tf.gather(self.labels, classes),
        }

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.string, "encoded_images")]
    )
    def encoded(self, encoded_images):
        spec = tf.TensorSpec([SIZE, SIZE, 3], tf.uint8)

        def decode(content):
            image = tf.io.decode_image(content, 3, expand_animations=False)
            image.set_shape([None, None, 3])
            image = tf.image.resize(image, [SIZE, SIZE])
            return tf.cast(tf.round(image), tf.uint8)

        images = tf.map_fn(decode, encoded_images, fn_output_signature=spec)
        return self.serving_default(images)


def write(folder: pathlib.Path) -> dict[int, pathlib.Path]:
    """Writes versions 1 and 2; maps each version to its directory."""
    written = {version: folder / str(version) for version in LABELS}
    for version, path in written.items():
        model = _Colours(LABELS[version])
        signatures = {
            "serving_default": model.serving_default,
            "encoded": model.encoded,
        }
        tf.saved_model.save(model, str(path), signatures)
    return written


def image(colour: tuple[int, int, int], height: int = 5) -> tf.Tensor:
    """An image of a single colour, uint8 [height, 7, 3]."""
    return tf.fill([height, 7, 1], tf.constant(1, tf.uint8)) * tf.constant(
        colour, tf.uint8
    )
