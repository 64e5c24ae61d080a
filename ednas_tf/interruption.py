"""Ends a run after SIGTERM or Ctrl-C at a point from which it can resume."""

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from typing import NoReturn

from ednas_tf import errors

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
#: Seconds after the first signal during which further signals count as the same
#: one: some launchers send two.
_TOGETHER = 1.0
#: Seconds after which a person is told that a signal has arrived, if the
#: process has not ended by then.
_SILENT = 0.3
#: What is printed when the first signal is deferred.
STOPPING = "stopping after this step, then saving"
_received: list[signal.Signals] = []
_acknowledged: list[str] = []
_lock = threading.Lock()
#: What to print at the first signal; None while it ends the process.
_deferred: str | None = None


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
    if _deferred is None:
        raise errors.Interrupted(_received[0])
    _acknowledge(_deferred)


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
            threading.Thread(target=_acknowledge_soon, daemon=True).start()
        elif now - first > _TOGETHER:
            os._exit(128 + number[0])


def _acknowledge_soon():
    """Acknowledges the first signal, even while Python waits for TensorFlow."""
    words = _deferred
    if words is None:
        # The signal ends the process, unless a call of TensorFlow lasts.
        time.sleep(_SILENT)
        words = "stopping"
    _acknowledge(words)


def _acknowledge(words):
    """Tells a person, once, that a signal has arrived and what happens."""
    with _lock:
        if _acknowledged or not words:
            return
        _acknowledged.append(words)
        # The bar of a terminal, and the ^C of Ctrl-C, stay in their own line.
        start = "\n" if sys.stderr.isatty() else ""
        text = f"{start}{words} ... (once more: stop at once)\n"
        try:
            os.write(sys.stderr.fileno(), text.encode())
        except (OSError, ValueError):
            # A notebook's stream is no file.
            print(text, file=sys.stderr, end="", flush=True)


@contextlib.contextmanager
def deferred(words: str = STOPPING):
    """A context in which a signal only makes `received` return it.

    Args:
      words: what is printed as soon as the signal arrives; empty if another
        process prints it.

    Raises:
      Interrupted: at the end of the context, if there was a signal.
    """
    global _deferred
    _deferred = words
    try:
        yield
    finally:
        _deferred = None
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


@contextlib.contextmanager
def answering():
    """A context in which signals stop a run as they do in a command.

    For runs within somebody else's program or notebook. At the end of the
    context its own handlers are put back, and the signal is forgotten. A second
    signal does not wait for a point from which the run can resume. After
    SIGTERM the program then exits, which removes its temporary folders; a
    program that handles SIGTERM itself goes on to do so. In a thread that is
    not the main one, nothing is changed.

    Raises:
      KeyboardInterrupt: at the second Ctrl-C.
      SystemExit: at the end of the context, if there was a SIGTERM.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    first = None

    def handle(number, frame):
        nonlocal first
        now = time.monotonic()
        if first is None:
            first = now
            _handle(number, frame)
        elif now - first > _TOGETHER:
            raise KeyboardInterrupt

    numbers = [signal.SIGINT]
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        numbers.append(signal.SIGTERM)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        ends = signal.SIGTERM in _received
        _received.clear()
        if ends:
            sys.exit(128 + signal.SIGTERM)
