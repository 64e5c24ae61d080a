"""A run leaves the process of its caller as it was."""

import random
import signal
import threading

import keras
import numpy as np
import pytest

import ednas_tf
from ednas_tf import errors, interruption
from ednas_tf.api import session


def state():
    config = keras.config
    return (
        config.floatx(),
        config.image_data_format(),
        config.dtype_policy().name,
        random.getstate(),
        np.random.get_state()[1].tolist(),
        signal.getsignal(signal.SIGINT),
        signal.getsignal(signal.SIGTERM),
    )


def test_global_settings_are_plain_within_and_as_before_afterwards():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        before = state()
        with session.entered(verbose=True):
            assert keras.config.dtype_policy().name == "float32"
            keras.utils.set_random_seed(1)
        assert state() == before
    finally:
        keras.config.set_dtype_policy(policy)


def test_an_error_changes_nothing_either():
    before = state()
    with pytest.raises(errors.RunError), session.entered(verbose=False):
        np.random.rand()
        raise errors.RunError("failed")
    assert state() == before


def test_ctrl_c_waits_for_a_point_from_which_the_run_can_resume():
    with interruption.answering():
        with pytest.raises(errors.Interrupted), interruption.deferred():
            signal.raise_signal(signal.SIGINT)
            assert interruption.received() is signal.SIGINT
    assert interruption.received() is None


def test_a_second_ctrl_c_does_not_wait(monkeypatch):
    monkeypatch.setattr(interruption, "_TOGETHER", 0)
    with interruption.answering():
        with pytest.raises(errors.Interrupted), interruption.deferred():
            signal.raise_signal(signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
    assert interruption.received() is None


def test_a_programs_own_handler_of_sigterm_is_kept():
    received = []
    before = signal.signal(signal.SIGTERM, lambda *_: received.append(1))
    try:
        with interruption.answering(), interruption.deferred():
            signal.raise_signal(signal.SIGTERM)
            assert (received, interruption.received()) == ([1], None)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_sigterm_waits_too_and_then_ends_the_program():
    with pytest.raises(SystemExit) as stopped, interruption.answering():
        with pytest.raises(errors.Interrupted), interruption.deferred():
            signal.raise_signal(signal.SIGTERM)
            assert interruption.received() is signal.SIGTERM
    assert stopped.value.code == 143
    assert interruption.received() is None
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_another_thread_leaves_signals_alone():
    found = []

    def run():
        with interruption.answering():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    before = signal.getsignal(signal.SIGINT)
    thread.start()
    thread.join()
    assert found == [before]


def test_another_backend_of_keras_is_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="KERAS_BACKEND: expected tensorflow"):
        with session.entered(verbose=True):
            pass


def test_an_unknown_name_of_the_package():
    with pytest.raises(AttributeError, match="has no attribute 'serach'"):
        ednas_tf.serach  # noqa: B018
    assert {"find", "load", "__version__"} <= {*dir(ednas_tf)}
