"""Writes a network as an ONNX file."""

import pathlib

import keras
import tensorflow as tf

from ednas_tf.data.images import image_data
from ednas_tf.export.images import signatures

FILE = "model.onnx"

#: The operator set that tf2onnx prefers.
OPSET = 15


def write(
    network: keras.Model, data: image_data.ImageData, folder: pathlib.Path
) -> None:
    """Writes the file.

    It maps `images`, uint8 [batch, height, width, channels], to
    `probabilities`, float32 [batch, classes].
    """
    import tf2onnx

    traced = signatures.probabilities(network, data, tf.uint8)
    tf2onnx.convert.from_function(
        traced,
        input_signature=traced.input_signature,
        opset=OPSET,
        output_path=str(folder / FILE),
    )
