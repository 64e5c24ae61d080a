"""SIGTERM and Ctrl-C: a run ends where it can go on from."""

import contextlib
import signal
from typing import NoReturn

from ednas_tf import errors

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_received: list[signal.Signals] = []
_deferred = False


def install() -> None:
    """From now on a signal raises `Interrupted`; a second one kills."""
    for number in _SIGNALS:
        signal.signal(number, _handle)


def _handle(number, _):
    signal.signal(number, signal.SIG_DFL)
    _received.append(signal.Signals(number))
    if not _deferred:
        raise errors.Interrupted(_received[0])


@contextlib.contextmanager
def deferred():
    """While in the context a signal only makes `received` return it."""
    global _deferred
    _deferred = True
    try:
        yield
    finally:
        _deferred = False


def stop(message: str) -> NoReturn:
    """Ends this process as the signal asks that it, or another one, got."""
    raise errors.Interrupted(received() or signal.SIGTERM, message)


def received() -> signal.Signals | None:
    """The signal that asks this process to end, if there was one."""
    return _received[0] if _received else None
