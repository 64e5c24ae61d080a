"""Runs converters to other formats without the messages that they print."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator

from tensorflow.lite.python import convert_phase

from ednas_tf import errors


def convert(format_name: str, work: Callable[[], None]) -> None:
    """Runs a conversion.

    Args:
      format_name: the name of the flag that requests the format.
      work: converts the network and writes the file.

    Raises:
      RunError: the converter cannot convert the network, for example because it
        lacks an operation.
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
                f"omit --{format_name}"
            ) from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silences stderr, including output of C++ libraries."""
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
