import numpy as np
import pytest

from ednas_tf import errors


@pytest.mark.parametrize(
    "value, expected",
    [
        (None, "None"),
        ([0.5, "a"], "[0.5, 'a']"),
        ("x" * 200, f"'{'x' * 47}...{'x' * 48}'"),
        (list(range(20)), "[0, 1, 2, 3, 4, 5, 6, 7, ...]"),
        ([[[[[[[[1]]]]]]]], "[[[[[[[...]]]]]]]"),
        (10**300, f"1{'0' * 56} ... {'0' * 57}"),
        ([1 << 20000], "[an integer of 20001 bits]"),
        (np.eye(2), "array([[1., 0.], [0., 1.]])"),
        ("\ud800\0", r"'\ud800\x00'"),
    ],
    ids=range(9),
)
def test_a_value_is_shown_shortened(value, expected):
    assert errors.shown(value) == expected


def test_a_huge_value_is_shown_quickly():
    value = [1]
    for _ in range(60):
        value = [value, value]
    nested = []
    for _ in range(10**5):
        nested = [nested]
    assert len(errors.shown(value)) == 119
    assert len(errors.shown("y" * 10**8)) == 100
    assert errors.shown(nested) == "[[[[[[[...]]]]]]]"


def test_one_line_is_printable():
    found = errors.one_line("a\n b\x1b[1m\u2028\udcff")
    assert found == r"a b\x1b[1m \udcff"


def test_blanks_of_a_path_stay():
    assert errors.one_line("/a  b/c:  \n\t no file\n") == "/a  b/c: no file"


def test_shortening_cuts_the_middle():
    assert errors.shortened("0123456789", 10) == "0123456789"
    assert errors.shortened("0123456789a", 9) == "01 ... 9a"


def test_a_long_warning_is_broken_into_lines(capsys):
    errors.warn("images: 96 images cannot tell architectures apart; use 100")
    errors.warn(f"images: {'x' * 80} is a long name")
    assert capsys.readouterr().err == (
        "warning: images: 96 images cannot tell architectures apart; use 100\n"
        f"warning: images:\n  {'x' * 80}\n  is a long name\n"
    )


def test_errors_of_functions_name_arguments():
    @errors.in_python
    def function(message, kind):
        raise kind(message)

    for kind in (errors.RequestError, errors.RunError):
        with pytest.raises(kind) as caught:
            function("--plugin: no; choose another --model_dir", kind)
        assert str(caught.value) == "plugin: no; choose another model_dir"
    for message, expected in (
        ("/a/--output: no", "/a/--output: no"),
        ("give --data_dir=a, or --download", "give data_dir=a, or download="),
        ("--dataset: no", "x: no"),
        ("with --deterministic", "with runtime.deterministic"),
    ):
        with pytest.raises(errors.RequestError, match=f"^{expected}"):
            function(message, errors.RequestError)


def test_warnings_of_functions_name_arguments(capsys):
    @errors.in_python
    def function():
        assert errors.is_python_call()
        errors.warn("digits: --data_dir=a is ignored")

    function()
    assert not errors.is_python_call()
    errors.warn("digits: --data_dir=a is ignored")
    assert capsys.readouterr().err == (
        "warning: digits: data_dir=a is ignored\n"
        "warning: digits: --data_dir=a is ignored\n"
    )
