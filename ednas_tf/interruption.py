"""Ends a run after SIGTERM or Ctrl-C at a point from which it can resume."""

import contextlib
import os
import signal
import socket
import threading
import time
from typing import NoReturn

from ednas_tf import errors

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
#: Seconds after the first signal during which further signals count as the same
#: one: some launchers send two.
_TOGETHER = 1.0
_received: list[signal.Signals] = []
_deferred = False


def install() -> None:
    """Makes a signal raise `Interrupted`, and a second one end the process."""
    if signal.getsignal(signal.SIGTERM) is not _handle:
        receiver, sender = socket.socketpair()
        sender.setblocking(False)
        signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
        threading.Thread(
            target=_end_at_second, args=(receiver, sender), daemon=True
        ).start()
    for number in _SIGNALS:
        signal.signal(number, _handle)


def _handle(number, _):
    if _received:
        return
    _received.append(signal.Signals(number))
    if not _deferred:
        raise errors.Interrupted(_received[0])


def _end_at_second(receiver, _):
    """Ends the process at the second signal, even while Python cannot.

    While Python waits for TensorFlow, it handles no signals.
    """
    first = None
    while number := receiver.recv(1):
        if number[0] not in _SIGNALS:
            continue
        now = time.monotonic()
        if first is None:
            first = now
        elif now - first > _TOGETHER:
            os._exit(128 + number[0])


@contextlib.contextmanager
def deferred():
    """A context in which a signal only makes `received` return it.

    Raises:
      Interrupted: at the end of the context, if there was a signal.
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
    """A context in which Ctrl-C ends the process, even within TensorFlow.

    SIGTERM does so only until TensorFlow installs its own handler.
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
    """The signal that this process has received, or None."""
    return _received[0] if _received else None


def stop(message: str) -> NoReturn:
    """Ends this process because of a signal to it or to another process."""
    if received():
        raise errors.Interrupted(received(), message)
    raise errors.Interrupted(
        signal.SIGTERM, f"sent to another process; {message}"
    )
