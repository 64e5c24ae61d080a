"""A LOCAL STAND-IN for TensorFlow Serving: it is not the real server.

It runs SavedModels in this process and serves them over the predict protocols,
following https://www.tensorflow.org/tfx/serving/api_rest (only the columnar
form) and prediction_service.proto. As it was written from these documents, it
checks the form of what a client sends and reads, not what the server does.
"""

import base64
import concurrent.futures
import http.server
import json
import pathlib
import re
import threading

import grpc
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

_PATH = re.compile(r"/v1/models/([^/:]+)(?:/versions/(\d+))?:predict")
#: Maps the server's status codes to those of HTTP.
_HTTP = {"INVALID_ARGUMENT": 400, "NOT_FOUND": 404}


class _Refused(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class ServingStandIn:
    """A context that serves the versions of one model.

    Attributes:
      rest: address for REST, host:port.
      grpc: address for gRPC, host:port.
      batches: (protocol, number of images) of all answered requests.
    """

    def __init__(self, name: str, versions: dict[int, pathlib.Path]):
        self.batches: list[tuple[str, int]] = []
        self._name = name
        self._versions = {
            number: tf.saved_model.load(str(path))
            for number, path in versions.items()
        }

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"stand_in": self})
        self._http = http.server.ThreadingHTTPServer(("localhost", 0), handler)
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self.rest = f"localhost:{self._http.server_address[1]}"
        self._grpc = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            _Servicer(self), self._grpc
        )
        self.grpc = f"localhost:{self._grpc.add_insecure_port('localhost:0')}"
        self._grpc.start()
        return self

    def __exit__(self, *_):
        self._http.shutdown()
        self._http.server_close()
        self._grpc.stop(None).wait()

    def signature(self, model, version, name):
        """The signature that a request asks for."""
        number = max(self._versions) if version is None else version
        if model != self._name or number not in self._versions:
            asked = (
                "Latest(%s)" if version is None else f"Specific(%s, {number})"
            )
            raise _Refused(
                "NOT_FOUND",
                f"Servable not found for request: {asked % model}",
            )
        signatures = self._versions[number].signatures
        name = name or "serving_default"
        if name not in signatures:
            raise _Refused(
                "INVALID_ARGUMENT",
                f'Serving signature name: "{name}" not found in signature def',
            )
        return signatures[name]

    def predict(self, protocol, signature, inputs):
        """Runs a signature on arrays; returns arrays."""
        specs = signature.structured_input_signature[1]
        if set(inputs) != set(specs):
            raise _Refused(
                "INVALID_ARGUMENT",
                f"inputs expected: {sorted(specs)}, found: {sorted(inputs)}",
            )
        try:
            tensors = {
                name: tf.constant(value, specs[name].dtype)
                for name, value in inputs.items()
            }
            outputs = signature(**tensors)
        except (tf.errors.InvalidArgumentError, TypeError, ValueError) as error:
            raise _Refused("INVALID_ARGUMENT", str(error)) from None
        (size, *_) = {len(value) for value in inputs.values()}
        self.batches.append((protocol, size))
        return {name: value.numpy() for name, value in outputs.items()}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            status, answer = 200, {"outputs": self._outputs(body)}
        except _Refused as refused:
            status, answer = _HTTP[refused.code], {"error": str(refused)}
        content = json.dumps(answer, indent=4).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _outputs(self, body):
        found = _PATH.fullmatch(self.path)
        if not found:
            raise _Refused(
                "INVALID_ARGUMENT", f"Malformed request: POST {self.path}"
            )
        try:
            asked = json.loads(body)
        except ValueError as error:
            raise _Refused("INVALID_ARGUMENT", f"JSON: {error}") from None
        signature = self.stand_in.signature(
            found[1],
            found[2] and int(found[2]),
            asked.get("signature_name"),
        )
        inputs = {k: _bytes(v) for k, v in asked["inputs"].items()}
        outputs = self.stand_in.predict("rest", signature, inputs)
        return {name: _texts(value.tolist()) for name, value in outputs.items()}

    def log_message(self, *_):
        pass


class _Servicer(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, stand_in):
        self._stand_in = stand_in

    def Predict(self, request, context):
        spec = request.model_spec
        version = spec.version.value if spec.HasField("version") else None
        try:
            signature = self._stand_in.signature(
                spec.name, version, spec.signature_name
            )
            outputs = self._stand_in.predict(
                "grpc",
                signature,
                {k: tf.make_ndarray(v) for k, v in request.inputs.items()},
            )
        except _Refused as refused:
            context.abort(grpc.StatusCode[refused.code], str(refused))
        answer = predict_pb2.PredictResponse()
        for name, value in outputs.items():
            answer.outputs[name].CopyFrom(_proto(value))
        return answer


def _bytes(value):
    """Decodes {"b64": ...} to bytes, within nested lists."""
    if isinstance(value, list):
        return [_bytes(each) for each in value]
    if isinstance(value, dict):
        return base64.b64decode(value["b64"], validate=True)
    return value


def _texts(value):
    if isinstance(value, list):
        return [_texts(each) for each in value]
    return value.decode() if isinstance(value, bytes) else value


def _proto(array):
    """Encodes a tensor like the server: as numbers, not as raw bytes."""
    kind = tf.as_dtype(array.dtype)
    proto = tensor_pb2.TensorProto(dtype=kind.as_datatype_enum)
    proto.tensor_shape.CopyFrom(tf.TensorShape(array.shape).as_proto())
    field = {
        tf.float32: "float_val",
        tf.int32: "int_val",
        tf.int64: "int64_val",
        tf.string: "string_val",
    }
    name = field[kind]
    getattr(proto, name).extend(np.ravel(array).tolist())
    return proto
