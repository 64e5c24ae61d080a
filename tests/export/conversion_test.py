import os

import pytest

from ednas_tf import errors
from ednas_tf.export import conversion


def test_the_output_of_converters_is_hidden(capfd):
    conversion.convert("litert", lambda: os.write(2, b"of a library\n"))
    os.write(2, b"seen\n")
    assert capfd.readouterr() == ("", "seen\n")


def test_a_failed_conversion_is_a_run_error(capfd):
    def work():
        raise RuntimeError("no operation X\nand more")

    with pytest.raises(
        errors.RunError, match="cannot be converted: no operation X; omit --on"
    ):
        conversion.convert("onnx", work)
    os.write(2, b"seen\n")
    assert capfd.readouterr().err == "seen\n"


def test_other_exceptions_are_passed_on():
    with pytest.raises(KeyError):
        conversion.convert("onnx", lambda: {}["missing"])
