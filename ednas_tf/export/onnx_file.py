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
    `probabilities`, float32 [batch, classes]. The dimension of any size is
    called `batch`.
    """
    import onnx
    import tf2onnx

    traced = signatures.probabilities(network, data, tf.uint8)
    model, _ = tf2onnx.convert.from_function(
        traced, input_signature=traced.input_signature, opset=OPSET
    )
    # tf2onnx calls it "unk__161", and another for the output.
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.save(model, folder / FILE)
