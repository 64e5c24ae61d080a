"""Files for LiteRT (TensorFlow Lite), in 32-bit floats and in 8-bit integers.

Both map `images`, uint8 [batch, height, width, channels], to `probabilities`;
a batch of other than 1 asks for `resize_tensor_input`.
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf

from ednas_tf.data.images import image_data
from ednas_tf.export.images import signatures

FLOAT_FILE, INT8_FILE = "model.tflite", "model_int8.tflite"

#: Training images from which the ranges of the activations are taken.
NUM_CALIBRATION_IMAGES = 256


def write(
    network: keras.Model,
    data: image_data.ImageData,
    seed: int,
    folder: pathlib.Path,
) -> None:
    """Writes both files.

    Args:
      network: maps standardised images to logits.
      data: how to standardise, and images to calibrate on.
      seed: of which ones.
      folder: of the files.
    """
    (folder / FLOAT_FILE).write_bytes(float_model(network, data))
    (folder / INT8_FILE).write_bytes(int8_model(network, data, seed))


def float_model(network: keras.Model, data: image_data.ImageData) -> bytes:
    """The network as it is; `probabilities` are float32."""
    return _converter(_traced(network, data, tf.uint8)).convert()


def int8_model(
    network: keras.Model, data: image_data.ImageData, seed: int
) -> bytes:
    """Weights and activations of 8 bits (Jacob et al., 2018).

    Images and probabilities are uint8 with the scale and zero point that the
    file tells; those of images are 1 and 0 where the training images that it
    was calibrated on reach from 0 to 255.
    """
    generator = np.random.default_rng(seed)
    count = min(NUM_CALIBRATION_IMAGES, len(data.train))
    chosen = generator.choice(len(data.train), count, replace=False)
    images = data.train.take(chosen).first(count).images.astype(np.float32)

    def representative():
        for image in images:
            yield [image[np.newaxis]]

    # Of floats, as an integer's cast would not be quantised.
    traced = _traced(network, data, tf.float32)
    converter = _converter(_without_add_n(traced))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.uint8
    return converter.convert()


def _traced(network, data, dtype):
    traced = signatures.probabilities(network, data, dtype)
    return traced.get_concrete_function()


def _converter(traced):
    # With an object that could hold variables, the file tells its signature.
    return tf.lite.TFLiteConverter.from_concrete_functions(
        [traced], tf.Module()
    )


def _fold_kernels(graph):
    """Makes constants of kernels that are padded and joined.

    Of large ones the converter leaves that to LiteRT, which then quantises
    them as activations, and refuses to.
    """
    values = {}
    for node in graph.node:
        inputs = [values.get(name) for name in node.input]
        if node.op == "Const":
            values[node.name] = tf.make_ndarray(node.attr["value"].tensor)
        elif node.op in ("Pad", "ConcatV2") and all(
            value is not None for value in inputs
        ):
            *parts, last = inputs
            padded = node.op == "Pad"
            value = tf.pad(*parts, last) if padded else tf.concat(parts, last)
            values[node.name] = value.numpy()
            constant = tf.make_tensor_proto(values[node.name])
            name = node.name
            node.Clear()
            node.op, node.name = "Const", name
            node.attr["value"].tensor.CopyFrom(constant)
            node.attr["dtype"].type = constant.dtype


def _without_add_n(traced):
    """Sums of two instead of AddN, which LiteRT has for floats only."""
    graph = traced.graph.as_graph_def()
    _fold_kernels(graph)
    nodes = list(graph.node)
    del graph.node[:]
    for node in nodes:
        if node.op != "AddN" or len(node.input) < 2:
            graph.node.append(node)
            continue
        first, *others = node.input
        for i, other in enumerate(others):
            is_last = i == len(others) - 1
            name = node.name if is_last else f"{node.name}/{i}"
            total = graph.node.add(op="AddV2", name=name, input=[first, other])
            total.attr["T"].CopyFrom(node.attr["T"])
            first = name
    (name,) = traced.structured_outputs

    def call(images):
        given = {traced.inputs[0].name: images}
        (found,) = tf.graph_util.import_graph_def(
            graph, given, [traced.outputs[0].name]
        )
        return {name: found}

    (spec,) = traced.structured_input_signature[0]
    return tf.function(call, [spec], autograph=False).get_concrete_function()
