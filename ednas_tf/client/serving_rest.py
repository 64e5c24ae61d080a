"""Asks TensorFlow Serving over REST; needs the standard library only.

https://www.tensorflow.org/tfx/serving/api_rest, the columnar form.
"""

import base64
import http.client
import json
import time
import urllib.parse

from ednas_tf import errors
from ednas_tf.client import served_model

#: Bytes of an answer; one of 4,096 images and 1,000 classes has 80 million.
_MOST = 2**28


def predict(
    model: served_model.ServedModel, request: served_model.Request
) -> dict[str, object]:
    """Returns the outputs of a signature.

    No proxy is asked: a server is most often the machine's own.

    Args:
      model: whom to ask.
      request: what is asked.

    Returns:
      Name of output -> nested lists, as the server has them.

    Raises:
      RunError: no server, no answer in time, or not that of an export.
    """
    try:
        status, body = _post(model, _path(model), _body(request))
    except TimeoutError:
        raise model.late(request) from None
    except OSError as error:
        raise model.unreachable(errors.first_line(error)) from None
    except http.client.HTTPException as error:
        # Its message is what was received, whatever that is.
        reason = f"the answer is no HTTP ({type(error).__name__})"
        raise model.unreachable(reason) from None
    answer = _parsed(body)
    if status != 200:
        raise model.refused(request, _reason(status, answer, body))
    # A lone output would stand there without its name.
    outputs = answer.get("outputs") if isinstance(answer, dict) else None
    if not isinstance(outputs, dict):
        found = errors.shown(body if answer is None else answer)
        raise model.strange(f"expected named outputs, found {found}")
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
    """The status and the body of the answer."""
    end = time.monotonic() + model.timeout
    connection = http.client.HTTPConnection(
        model.host, model.port, timeout=model.timeout
    )
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        received = bytearray()
        # The socket's limit is one of silence, not of the whole answer.
        while chunk := response.read1(2**16):
            received += chunk
            if time.monotonic() > end:
                raise TimeoutError
            if len(received) > _MOST:
                raise model.strange(f"expected at most {_MOST} bytes")
        return response.status, bytes(received)
    finally:
        connection.close()


def _parsed(body):
    """None if it is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _reason(status, answer, body):
    """What the server says; older ones escape it so that it is no JSON."""
    if isinstance(answer, dict) and isinstance(answer.get("error"), str):
        return answer["error"]
    text = body[:1000].decode("utf-8", "replace").strip()
    return f"status {status}, {text or 'without a reason'}"
