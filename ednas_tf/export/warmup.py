"""Warm-up requests, which TensorFlow Serving replays before it accepts others.

The format is a TFRecord file of `tensorflow.serving.PredictionLog` messages.
Only the fields that are written here are declared, so that reading and writing
need no package besides TensorFlow. This module imports nothing of this project.
"""

import functools
import pathlib
from collections.abc import Iterable, Iterator

import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from tensorflow.core.framework import tensor_pb2

#: Path of the file within the directory of a SavedModel.
FILE = "assets.extra/tf_serving_warmup_requests"

#: Maps each message to its fields (name, number, type); tensors stay bytes.
_MESSAGES = {
    "PredictionLog": [("predict_log", 6, ".warmup.PredictLog")],
    "PredictLog": [("request", 1, ".warmup.PredictRequest")],
    "PredictRequest": [
        ("model_spec", 1, ".warmup.ModelSpec"),
        ("inputs", 2, ".warmup.Input"),
    ],
    "ModelSpec": [("name", 1, "string"), ("signature_name", 3, "string")],
    "Input": [("key", 1, "string"), ("value", 2, "bytes")],
}
_REPEATED = "inputs"


def write(
    saved_model: pathlib.Path,
    model: str,
    requests: Iterable[tuple[str, dict[str, tf.Tensor]]],
) -> None:
    """Writes the file of a SavedModel.

    Args:
      saved_model: directory of the SavedModel.
      model: the name under which the model is served.
      requests: pairs of a signature and the values of its inputs by name.
    """
    file = saved_model / FILE
    file.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(file)) as records:
        for signature, inputs in requests:
            log = _prediction_log()()
            request = log.predict_log.request
            request.model_spec.name = model
            request.model_spec.signature_name = signature
            for name, value in inputs.items():
                content = tf.make_tensor_proto(value).SerializeToString()
                request.inputs.add(key=name, value=content)
            records.write(log.SerializeToString())


def read(
    saved_model: pathlib.Path,
) -> Iterator[tuple[str, dict[str, tf.Tensor]]]:
    """Yields the signature and the inputs of every request."""
    for record in tf.data.TFRecordDataset(str(saved_model / FILE)):
        log = _prediction_log().FromString(record.numpy())
        request = log.predict_log.request
        yield (
            request.model_spec.signature_name,
            {each.key: _tensor(each.value) for each in request.inputs},
        )


def _tensor(content):
    proto = tensor_pb2.TensorProto.FromString(content)
    return tf.constant(tf.make_ndarray(proto))


@functools.cache
def _prediction_log():
    """The class of the message."""
    file = descriptor_pb2.FileDescriptorProto(
        name="warmup.proto", package="warmup", syntax="proto3"
    )
    for message, fields in _MESSAGES.items():
        declared = file.message_type.add(name=message)
        for name, number, kind in fields:
            _declare(declared.field.add(name=name, number=number), kind)
    # Use a separate pool, because the package's own may be loaded, too.
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = pool.FindMessageTypeByName("warmup.PredictionLog")
    return message_factory.GetMessageClass(found)


def _declare(field, kind):
    field.label = field.LABEL_OPTIONAL
    if field.name == _REPEATED:
        field.label = field.LABEL_REPEATED
    if kind.startswith("."):
        field.type, field.type_name = field.TYPE_MESSAGE, kind
    else:
        field.type = {"string": field.TYPE_STRING, "bytes": field.TYPE_BYTES}[
            kind
        ]
