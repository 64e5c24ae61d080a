"""SIGTERM and Ctrl-C: a run ends where it can go on from."""

import contextlib
import os
import signal
import socket
import threading
import time
from typing import NoReturn

from ednas_tf import errors

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
#: Seconds after the first signal in which another one is part of it: some
#: launchers send two.
_TOGETHER = 1.0
_received: list[signal.Signals] = []
_deferred = False


def install() -> None:
    """From now on a signal raises `Interrupted`; a second one ends at once."""
    if signal.getsignal(signal.SIGTERM) is not _handle:
        told, teller = socket.socketpair()
        teller.setblocking(False)
        signal.set_wakeup_fd(teller.fileno(), warn_on_full_buffer=False)
        threading.Thread(
            target=_end_at_second, args=(told, teller), daemon=True
        ).start()
    for number in _SIGNALS:
        signal.signal(number, _handle)


def _handle(number, _):
    if _received:
        return
    _received.append(signal.Signals(number))
    if not _deferred:
        raise errors.Interrupted(_received[0])


def _end_at_second(told, _):
    """Also where Python itself waits for TensorFlow, and handles nothing."""
    first = None
    while number := told.recv(1):
        if number[0] not in _SIGNALS:
            continue
        now = time.monotonic()
        if first is None:
            first = now
        elif now - first > _TOGETHER:
            os._exit(128 + number[0])


@contextlib.contextmanager
def deferred():
    """While in the context a signal only makes `received` return it.

    Raises:
      Interrupted: at the end, if there was one.
    """
    global _deferred
    _deferred = True
    try:
        yield
    finally:
        _deferred = False
    if _received:
        raise errors.Interrupted(_received[0])


@contextlib.contextmanager
def at_once():
    """While in the context Ctrl-C ends the process, even within TensorFlow.

    SIGTERM does so only until TensorFlow puts a handler of its own in place.
    """
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def received() -> signal.Signals | None:
    """The signal that asks this process to end, if there was one."""
    return _received[0] if _received else None


def stop(message: str) -> NoReturn:
    """Ends this process as the signal asks that it, or another one, got."""
    if received():
        raise errors.Interrupted(received(), message)
    raise errors.Interrupted(
        signal.SIGTERM, f"it was another process's; {message}"
    )
