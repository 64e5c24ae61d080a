import os

import pytest

from ednas_tf import errors
from ednas_tf.export import conversion


def test_what_converters_print_is_not_shown(capfd):
    conversion.convert("litert", lambda: os.write(2, b"of a library\n"))
    os.write(2, b"seen\n")
    assert capfd.readouterr() == ("", "seen\n")


def test_what_cannot_be_converted(capfd):
    def work():
        raise RuntimeError("no operation X\nand more")

    with pytest.raises(
        errors.RunError, match="cannot be converted: no operation X; leave --on"
    ):
        conversion.convert("onnx", work)
    os.write(2, b"seen\n")
    assert capfd.readouterr().err == "seen\n"


def test_an_error_of_the_program_stays_one():
    with pytest.raises(KeyError):
        conversion.convert("onnx", lambda: {}["missing"])
