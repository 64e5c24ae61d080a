import numpy as np
import pytest

from ednas_tf.analysis import health


def row(rewards, largest):
    rest = (1 - largest) / 2
    return {
        "probabilities/structure/normal/node_0": np.ones(1),
        "probabilities/structure/normal/node_1": np.array(
            [largest, rest, rest]
        ),
        "probabilities/operations/normal": np.array(
            [[rest, largest, rest], [largest, rest, rest]]
        ),
        "epoch/rewards": np.array(rewards, np.float32),
        "baseline": np.array(0.1),
    }


@pytest.fixture
def warnings(capsys):
    """The lines of warnings that a call gives."""

    def warnings(call, *args):
        call(*args)
        return capsys.readouterr().err.splitlines()

    return warnings


def test_rewards_that_vary_and_open_policies(warnings):
    assert not warnings(health.check_epoch, 1, 10, row([0.25, 0.5], 0.85))


def test_rewards_that_do_not_vary(warnings):
    assert warnings(health.check_epoch, 3, 4, row([0.25] * 5, 0.4)) == [
        "warning: epoch 3: the reward is 0.25 in all 5 policy steps; the "
        "policies learn nothing from it"
    ]


def test_a_single_reward_cannot_vary(warnings):
    assert not warnings(health.check_epoch, 3, 4, row([0.25], 0.4))


def test_policies_that_settle_early(warnings):
    (line,) = warnings(health.check_epoch, 2, 20, row([0.1, 0.2], 0.95))
    assert line.startswith(
        "warning: epoch 2 of 20: the policies have settled (their largest "
        "probabilities are 0.95 in the mean); "
    )


def test_policies_may_settle_later(warnings):
    settled = row([0.1, 0.2], 0.95)
    assert not warnings(health.check_epoch, 3, 20, settled)
    assert not warnings(health.check_epoch, 2, 5, settled)
    assert not warnings(health.check_epoch, 1, 1, settled)
    assert warnings(health.check_epoch, 1, 2, settled)


def test_nothing_to_decide(warnings):
    single = {
        "probabilities/operations/normal": np.ones([2, 1]),
        "epoch/rewards": np.array([0.1, 0.2]),
    }
    assert not warnings(health.check_epoch, 1, 20, single)
