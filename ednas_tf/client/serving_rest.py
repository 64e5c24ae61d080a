"""Sends requests to TensorFlow Serving over REST with the standard library.

See https://www.tensorflow.org/tfx/serving/api_rest; uses the columnar form.
"""

import base64
import http.client
import json
import time
import urllib.parse

from ednas_tf import errors
from ednas_tf.client import served_model

#: Maximum bytes of a response; 4,096 images and 1,000 classes take 80 million.
_MOST = 2**28


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


def _post(model, path, body):
    """Sends a request; returns the status and the body of the response."""
    end = time.monotonic() + model.timeout
    connection = http.client.HTTPConnection(
        model.host, model.port, timeout=model.timeout
    )
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        received = bytearray()
        # The socket's timeout limits the silence, not the whole response.
        while chunk := response.read1(2**16):
            received += chunk
            if time.monotonic() > end:
                raise TimeoutError
            if len(received) > _MOST:
                raise model.unexpected_response(
                    f"expected at most {_MOST} bytes"
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
