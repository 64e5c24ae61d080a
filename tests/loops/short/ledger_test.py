"""The ledger of short trainings, with fake processes and a fake run."""

import types

import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.loops.short import ledger
from ednas_tf.loops.short.jobs import Outcome
from ednas_tf.loops.short.ledger import Ledger, Request
from ednas_tf.space import convolutional, published


class Moved:
    """Processes that find no folder for their weights."""

    def run(self, jobs):
        raise FileNotFoundError(jobs[0].write)
        yield


def make(directory, check_in_place):
    space = convolutional.convolutional()
    short = types.SimpleNamespace(steps=8)
    search = types.SimpleNamespace(short=short)
    run = types.SimpleNamespace(
        directory=directory,
        task=types.SimpleNamespace(space=space),
        settings=types.SimpleNamespace(search=search),
        check_in_place=check_in_place,
    )
    return Ledger(run, Moved(), lambda steps: None)


REQUEST = Request(
    published.published("darts_v2"), "random", "rung", 0, 0, 4, keeps=True
)


@pytest.mark.parametrize("begin", [0, 2])
def test_the_loss_is_the_mean_of_the_last_half_of_all_steps(tmp_path, begin):
    """That is all of a job that goes on from the first half."""
    losses = np.array([9, 8, 2, 1])[begin:]
    outcome = Outcome(np.zeros(1), 0.5, {"loss": losses}, 3.0, 0.1, 0.1)
    found = ledger._training(REQUEST._replace(begin=begin), outcome)
    assert (found.loss, found.reward, found.steps) == (1.5, 0.5, 4)


def test_nothing_is_made_in_a_directory_that_was_replaced(tmp_path):
    def gone():
        raise errors.RunError("moved")

    with pytest.raises(errors.RunError, match="moved"):
        make(tmp_path, gone).get([REQUEST])
    assert not list(tmp_path.iterdir())


def test_a_directory_that_is_moved_while_processes_train(tmp_path):
    checks = []

    def gone_at_the_second_time():
        checks.append(None)
        if len(checks) == 2:
            raise errors.RunError("moved")

    with pytest.raises(errors.RunError, match="moved"):
        make(tmp_path, gone_at_the_second_time).get([REQUEST])
