"""Converters, which print what they think of a network."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator

from tensorflow.lite.python import convert_phase

from ednas_tf import errors


def convert(form: str, work: Callable[[], None]) -> None:
    """Runs a conversion.

    Raises:
      RunError: the converter cannot do it, as with an operation it lacks.
    """
    with _quiet():
        try:
            work()
        except (
            convert_phase.ConverterError,
            RuntimeError,
            ValueError,
        ) as error:
            raise errors.RunError(
                f"the network cannot be converted: {errors.first_line(error)}; "
                f"leave --{form} out"
            ) from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Nothing is printed on stderr, by libraries of C++ neither."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
