"""Variables that other projects and other machines set, drawn at random."""

import os

import hypothesis
import matplotlib
import pytest
from hypothesis import strategies as st

from ednas_tf import whole_files
from ednas_tf.commands import environment
from tests.fuzz.harness import MORE

_NAMES = st.sampled_from(
    [
        *("MPLBACKEND", "MATPLOTLIBRC", "KERAS_BACKEND", "KERAS_HOME"),
        *("KERAS_FLOATX", "KERAS_MAX_EPOCHS", "TF_USE_LEGACY_KERAS"),
        *("TMPDIR", "TEMP", "TMP", "HOME", "LANG", "LC_ALL", "COLUMNS"),
        *("TF_CPP_MIN_LOG_LEVEL", "PYTHONIOENCODING", "NO_COLOR", "TERM"),
    ]
) | st.from_regex("KERAS_[A-Z]{1,9}", fullmatch=True)
#: The system has no variables with a NUL.
_VALUES = st.sampled_from(
    [
        *("", "torch", "jax", "nowhere", "module://no.such_backend", "1"),
        *("-1", "20", "C", "/dev/null", "/dev/null/below", "/tmp/a[1]"),
        *("/tmp/a*", "/tmp/a?", "a\\b", "~", "\udcff", "n" * 5000),
    ]
) | st.text(st.characters(exclude_characters="\0", codec="utf-8"))


@hypothesis.settings(max_examples=MORE or 200, deadline=None, database=None)
@hypothesis.given(st.dictionaries(_NAMES, _VALUES, max_size=8))
def test_no_variable_reaches_keras_matplotlib_or_checkpoints(variables):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        before = dict(os.environ)
        try:
            environment.prepare()
            found = dict(os.environ)
        finally:
            os.environ.clear()
            os.environ.update(before)
    assert found["MPLBACKEND"] == "agg"
    assert found["MATPLOTLIBRC"] == os.devnull
    ours = {"KERAS_BACKEND": "tensorflow", "KERAS_HOME": "/dev/null/keras"}
    assert (
        ours.items()
        == {
            name: value for name, value in found.items() if "KERAS" in name
        }.items()
    )
    for name in ("TMPDIR", "TEMP", "TMP"):
        assert not whole_files.is_pattern(found.get(name, ""))
    # What is none of its business stays.
    for name in ("HOME", "LANG", "LC_ALL", "COLUMNS", "TERM"):
        assert found.get(name) == before.get(name)
    assert matplotlib.get_backend().lower() == "agg"
