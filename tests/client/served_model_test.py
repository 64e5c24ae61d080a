import pytest

from ednas_tf import errors
from ednas_tf.client.served_model import ServedModel


@pytest.mark.parametrize(
    "address, host, port",
    [
        ("localhost:8501", "localhost", 8501),
        ("a-b.example.org.:1", "a-b.example.org.", 1),
        ("127.0.0.1:65535", "127.0.0.1", 65535),
        ("[::1]:8500", "::1", 8500),
    ],
)
def test_addresses(address, host, port):
    model = ServedModel("rest", address, "a")
    assert (model.host, model.port) == (host, port)


def test_the_default_server_is_on_this_machine():
    assert ServedModel("rest", None, "a").address == "localhost:8501"
    assert ServedModel("grpc", None, "a").address == "localhost:8500"


@pytest.mark.parametrize(
    "address",
    [
        *("", "localhost", ":8501", "localhost:", "localhost:0", "a:65536"),
        *("localhost:٣", "http://a:1", "a b:1", "::1:8501", "[::1]", "a..b:1"),
        *("a" * 64 + ":1", "a:1\n", "user@a:1", "a:1/b", "a:-1", "é:1"),
    ],
)
def test_malformed_addresses_are_refused(address):
    with pytest.raises(errors.RequestError) as caught:
        ServedModel("rest", address, "a")
    assert str(caught.value) == (
        "--address: expected host:port such as localhost:8501, found "
        f"{errors.shown(address)}"
    )


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "a\n", "x" * 201])
def test_malformed_names_are_refused(name):
    with pytest.raises(errors.RequestError, match="^--model: expected the na"):
        ServedModel("rest", None, name)


def test_an_unknown_protocol_is_refused():
    with pytest.raises(errors.RequestError) as caught:
        ServedModel("http", None, "a")
    assert str(caught.value) == (
        "--protocol: unknown protocol 'http' (one of: grpc, rest)"
    )
