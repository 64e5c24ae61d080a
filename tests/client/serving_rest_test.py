"""Servers whose responses are not those of TensorFlow Serving."""

import base64
import contextlib
import json
import socket
import threading
import time

import pytest

from ednas_tf import errors
from ednas_tf.client import client_images, served_model, serving_rest
from ednas_tf.client.served_model import ServedModel

IMAGES = [b"\xff\xd8\xff\0", b"\x89PNG"]
REQUEST = client_images.request(IMAGES)


@contextlib.contextmanager
def answering(*pieces, pause=0.0):
    """A server that sends these bytes to its only client, with pauses.

    Yields:
      The address, and a list that receives what the client sends.
    """
    received = []

    def serve():
        with contextlib.suppress(OSError), listening.accept()[0] as client:
            received.append(_request(client))
            for piece in pieces:
                client.sendall(piece)
                time.sleep(pause)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", received
        thread.join(10)


def _request(client):
    """Reads a whole request; only its last byte ends the JSON."""
    content = b""
    while not content.endswith(b"}"):
        content += client.recv(2**16)
    return content


def response(body, status=200):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (
        *(status, len(body)),
        body,
    )


def refusal(address, timeout=5):
    model = ServedModel("rest", address, "a b", 7, timeout)
    with pytest.raises(errors.RunError) as caught:
        serving_rest.predict(model, REQUEST)
    message = str(caught.value)
    assert message.startswith(address) and message.isprintable()
    return message.removeprefix(address)


def test_the_request():
    outputs = {"labels": ["x", "y"]}
    with answering(response({"outputs": outputs})) as (address, received):
        model = ServedModel("rest", address, "a b", 7)
        assert serving_rest.predict(model, REQUEST) == outputs
    head, _, body = received[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/models/a%20b/versions/7:predict HTTP/1.1")
    assert json.loads(body) == {
        "signature_name": "encoded",
        "inputs": {
            "encoded_images": [
                {"b64": base64.b64encode(image).decode()} for image in IMAGES
            ]
        },
    }


def test_a_response_in_pieces_without_a_length():
    whole = [b"HTTP/1.0 200 OK\r\n\r\n", b'{"outputs": {"lab', b'els": []}}']
    with answering(*whole, pause=0.05) as (address, _):
        model = ServedModel("rest", address, "a", None)
        assert serving_rest.predict(model, REQUEST) == {"labels": []}


@pytest.mark.parametrize(
    "answer, message",
    [
        (
            response({"error": "no\nroom " * 100}, 503),
            "no room no room",
        ),
        # Older servers escape the reason, which is then invalid JSON.
        (
            response(b'{ "error": "can\\\'t" }', 400),
            'status 400, { "error": "can\\\'t" }',
        ),
        (response(b"", 404), "status 404, no reason given"),
        (response({"error": [1]}, 500), 'status 500, {"error": [1]}'),
    ],
)
def test_refusals(answer, message):
    with answering(answer) as (address, _):
        found = refusal(address)
    assert found.startswith(f" refuses 2 images for the model 'a b': {message}")
    assert len(found) < 500


@pytest.mark.parametrize(
    "answer, found",
    [
        (b"<html>", "b'<html>'"),
        (b"[" * 100000, "b'[[["),
        (b"", "b''"),
        ({"outputs": [[0.5, 0.5]]}, "{'outputs': [[0.5, 0.5]]}"),
        ({"predictions": []}, "{'predictions': []}"),
        ([1], "[1]"),
    ],
)
def test_responses_without_named_outputs(answer, found):
    with answering(response(answer)) as (address, _):
        message = refusal(address)
    assert message.startswith(
        ": the response for the model 'a b' is not that of an exported model: "
        f"expected named outputs, found {found}"
    )


def test_a_response_that_is_too_long(monkeypatch):
    monkeypatch.setattr(served_model, "MOST_BYTES", 10)
    with answering(response(b"x" * 11)) as (address, _):
        assert refusal(address).endswith("expected at most 10 bytes")


def test_no_server():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
    assert refusal(address) == (
        ": no server answers over rest: [Errno 111] Connection refused; start "
        "one, or give its port for rest as --address"
    )


def test_a_server_of_another_protocol():
    with answering(b"\0\0\x06\x04\0\0\0\0\0\r\n") as (address, _):
        assert refusal(address).startswith(
            ": no server answers over rest: the response is not HTTP "
            "(BadStatusLine); start one, "
        )
    with answering() as (address, _):
        assert "no server answers over rest: Remote end closed" in refusal(
            address
        )


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"


@pytest.mark.parametrize(
    "pieces, pause",
    [
        ([HEAD, b" "], 1.2),
        ([HEAD, *[b" "] * 50], 0.04),
        # Within the status, a header, and headers without an end.
        ([b"HTTP", *[b"/"] * 50], 0.04),
        ([b"HTTP/1.1 200 OK\r\nX: ", *[b"y"] * 50], 0.04),
        ([b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 50], 0.04),
        ([b"HTTP/1.1 100 Continue\r\n\r\n"] * 50, 0.04),
    ],
)
def test_a_server_that_takes_too_long(pieces, pause):
    """The server is silent, or sends a byte now and then."""
    begun = time.monotonic()
    with answering(*pieces, pause=pause) as (address, _):
        message = refusal(address, timeout=1)
        assert time.monotonic() - begun < 2.5
    assert message == (
        ": no response within 1 s; give a longer --timeout or a smaller "
        "--batch_size"
    )


def test_a_server_that_does_not_read():
    """A request of more bytes than the system holds for the receiver."""
    large = client_images.request([bytes(2**24)])
    begun = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        model = ServedModel("rest", address, "a", None, 1)
        with pytest.raises(errors.RunError, match="no response within 1 s"):
            serving_rest.predict(model, large)
    assert time.monotonic() - begun < 2.5


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n{}",
        b"HTTP/1.1 99999 OK\r\n\r\n{}",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70000 + b"\r\n\r\n{}",
        response(b'{"outputs": {"a": 1' + b"0" * 5000 + b"}}"),
        response(b'{"outputs": {"a": 1}'),
        response(b"\xff\xfe{}"),
    ],
)
def test_malformed_responses_are_one_line(answer):
    with answering(answer) as (address, _):
        assert len(refusal(address)) < 500
