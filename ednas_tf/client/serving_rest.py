"""Sends requests to TensorFlow Serving over REST with the standard library.

See https://www.tensorflow.org/tfx/serving/api_rest; uses the columnar form.
"""

import base64
import http.client
import json
import socket
import time
import urllib.parse

from ednas_tf import errors
from ednas_tf.client import served_model


def predict(
    model: served_model.ServedModel, request: served_model.PredictRequest
) -> dict[str, object]:
    """Returns the outputs of a signature.

    No proxy is used, because the server usually runs on the same machine.

    Args:
      model: the model on its server.
      request: the request to send.

    Returns:
      Maps names of outputs to nested lists, as the server returned them.

    Raises:
      RunError: there is no server, no response in time, or the response is not
        that of an exported model.
    """
    try:
        status, body = _post(model, _path(model), _body(request))
    except TimeoutError:
        raise model.timed_out(request) from None
    except OSError as error:
        raise model.unreachable(errors.first_line(error)) from None
    except http.client.HTTPException as error:
        # The message of this error is whatever was received, so do not show it.
        reason = f"the response is not HTTP ({type(error).__name__})"
        raise model.unreachable(reason) from None
    answer = _parsed(body)
    if status != 200:
        raise model.refused(request, _reason(status, answer, body))
    # A single output would be returned without its name.
    outputs = answer.get("outputs") if isinstance(answer, dict) else None
    if not isinstance(outputs, dict):
        found = errors.shown(body if answer is None else answer)
        raise model.unexpected_response(
            f"expected named outputs, found {found}"
        )
    return outputs


def _path(model):
    version = "" if model.version is None else f"/versions/{model.version}"
    name = urllib.parse.quote(model.name, safe="")
    return f"/v1/models/{name}{version}:predict"


def _body(request):
    inputs = {name: _json(value) for name, value in request.inputs.items()}
    return json.dumps({"signature_name": request.signature, "inputs": inputs})


def _json(value):
    if isinstance(value, list):
        return [_json(each) for each in value]
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    return value


class _Socket(socket.socket):
    """A socket that sends and receives until a moment, not for a duration.

    A limit of the socket alone would begin anew with every byte, so that a
    server could keep a client for hours.

    Attributes:
      end: the moment, of `time.monotonic`.
    """

    end: float

    def _limit(self):
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.settimeout(left)

    def connect(self, address):
        self._limit()
        super().connect(address)

    def sendall(self, *args):
        self._limit()
        super().sendall(*args)

    def recv_into(self, *args):
        self._limit()
        return super().recv_into(*args)


def _connected(model, end):
    """A socket that is connected to the server; the first that accepts."""
    reason = OSError("the host has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(
        model.host, model.port, type=socket.SOCK_STREAM
    ):
        made = _Socket(family, kind, protocol)
        made.end = end
        try:
            made.connect(address)
            return made
        except OSError as error:
            made.close()
            reason = error
    raise reason


def _post(model, path, body):
    """Sends a request; returns the status and the body of the response."""
    end = time.monotonic() + model.timeout
    connection = http.client.HTTPConnection(model.host, model.port)
    connection.sock = _connected(model, end)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        received = bytearray()
        while chunk := response.read1(2**16):
            received += chunk
            if len(received) > served_model.MOST_BYTES:
                raise model.unexpected_response(
                    f"expected at most {served_model.MOST_BYTES} bytes"
                )
        return response.status, bytes(received)
    finally:
        connection.close()


def _parsed(body):
    """The parsed JSON, or None if the body is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _reason(status, answer, body):
    """The server's reason; older servers escape it to invalid JSON."""
    if isinstance(answer, dict) and isinstance(answer.get("error"), str):
        return answer["error"]
    text = body[:1000].decode("utf-8", "replace").strip()
    return f"status {status}, {text or 'no reason given'}"
