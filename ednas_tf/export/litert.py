"""Files for LiteRT (TensorFlow Lite), as 32-bit floats and 8-bit integers.

All map `images`, uint8 [batch, height, width, channels], to `probabilities` by
the signature `serving_default`. The batch is of any size, except in the file
for a single image: runtimes that need all sizes in advance, such as LiteRT.js,
refuse a size of -1.
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf

from ednas_tf.data.images import image_data
from ednas_tf.export.images import signatures

FLOAT_FILE, INT8_FILE = "model.tflite", "model_int8.tflite"
SINGLE_FILE = "model_batch_1.tflite"

#: Attribute of operations with a gradient of their own.
_GRADIENT = "_gradient_op_type"

#: Number of training images used to calibrate the ranges of the activations.
NUM_CALIBRATION_IMAGES = 256


def write(
    network: keras.Model,
    data: image_data.ImageData,
    seed: int,
    folder: pathlib.Path,
) -> None:
    """Writes all files.

    Args:
      network: maps standardised images to logits.
      data: the data set, for standardisation and calibration.
      seed: seed that chooses the images for calibration.
      folder: the folder of the files.
    """
    (folder / FLOAT_FILE).write_bytes(float_model(network, data))
    (folder / SINGLE_FILE).write_bytes(float_model(network, data, batch=1))
    (folder / INT8_FILE).write_bytes(int8_model(network, data, seed))


def float_model(
    network: keras.Model, data: image_data.ImageData, batch: int | None = None
) -> bytes:
    """The unchanged network as a file; `probabilities` are float32.

    Args:
      network: maps standardised images to logits.
      data: the data set, for standardisation.
      batch: number of images, or None for any number.
    """
    return _converter(_traced(network, data, tf.uint8, batch)).convert()


def int8_model(
    network: keras.Model, data: image_data.ImageData, seed: int
) -> bytes:
    """The network with 8-bit weights and activations (Jacob et al., 2018).

    Images and probabilities are uint8, with the scale and zero point stored in
    the file. Those of the images are 1 and 0 if the calibration images range
    from 0 to 255.
    """
    generator = np.random.default_rng(seed)
    count = min(NUM_CALIBRATION_IMAGES, len(data.train))
    chosen = generator.choice(len(data.train), count, replace=False)
    images = data.train.take(chosen).first(count).images.astype(np.float32)

    def representative():
        for image in images:
            yield [image[np.newaxis]]

    # Trace with floats, because a cast from integers would not be quantised.
    traced = _traced(network, data, tf.float32)
    converter = _converter(_without_add_n(traced))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.uint8
    return converter.convert()


def _traced(network, data, dtype, batch=None):
    traced = signatures.probabilities(network, data, dtype, batch)
    return traced.get_concrete_function()


def _converter(traced):
    # Passing an object that could hold variables adds a signature to the file.
    return tf.lite.TFLiteConverter.from_concrete_functions(
        [traced], tf.Module()
    )


def _fold_kernels(graph):
    """Replaces padded and concatenated kernels by constants.

    For large kernels, the converter leaves these operations to LiteRT, which
    then tries to quantise them as activations, and fails.
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
    """Replaces AddN, which LiteRT supports for floats only, by sums of two."""
    graph = traced.graph.as_graph_def()
    _fold_kernels(graph)
    nodes = list(graph.node)
    del graph.node[:]
    for node in nodes:
        # TensorFlow cannot save a gradient that uses a tensor of this graph,
        # and the converter then leaves out the signature, without a word.
        node.attr.pop(_GRADIENT, None)
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
