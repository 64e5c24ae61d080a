import re
import types

import pytest

from ednas_tf.analysis import policies
from ednas_tf.monitor import terminal
from tests.analysis import histories

SPACE = histories.SMALL


@pytest.fixture
def found():
    return policies.Policies(SPACE, histories.arrays(SPACE, 3, strength=0.0))


def test_a_line_says_what_matters(found):
    line = terminal.epoch_line(found, 300, 12_034.0)
    mean, baseline = found.rewards[-1].mean(), found.baseline[-1]
    assert line == (
        f"epoch 3/300: reward {mean:.4f} (baseline {baseline:.4f}), 100% of "
        "operations and 100% of inputs open, normal max pool 3x3 25%, "
        "reduction max pool 3x3 25%, 3 h 20 min left"
    )


def test_a_line_of_a_training():
    trained = {"loss": 0.81234, "accuracy": 0.5}
    line = terminal.training_line(
        12, 600, trained, "accuracy", (0.75, 0.8), 12_034.0
    )
    assert line == (
        "epoch 12/600: training loss 0.8123, accuracy 0.5000; validation "
        "accuracy 0.7500 (best 0.8000), 3 h 20 min left"
    )
    line = terminal.training_line(600, 600, trained, "accuracy", None, 0.0)
    assert line == "epoch 600/600: training loss 0.8123, accuracy 0.5000"


def test_after_the_last_epoch_no_time_is_left(found):
    assert "left" not in terminal.epoch_line(found, 3, 0.0)


def test_a_space_without_choices_has_nothing_open():
    space = histories.recurrent.recurrent(1, ("tanh",))
    found = policies.Policies(space, histories.arrays(space, 1))
    line = terminal.epoch_line(found, 2, 1.0)
    assert line.endswith("), recurrent tanh 100%, 1 s left")


def test_a_space_without_a_choice_of_inputs(found):
    arrays = histories.arrays(histories.FULL, 1)
    line = terminal.epoch_line(policies.Policies(histories.FULL, arrays), 1, 0)
    assert re.search(r"\), \d+% of operations open, cell \w+", line)


def test_lines_without_probabilities():
    space = histories.UNEVEN
    arrays = histories.arrays(space, 2, marginals=False)
    # All operations are the second one.
    counts = arrays["epoch/counts"]
    counts[..., 1], counts[..., [0, 2, 3]] = counts.sum(-1), 0
    found = policies.Policies(space, arrays)
    mean = found.rewards[-1].mean()
    assert terminal.epoch_line(found, 2, 0.0) == (
        f"epoch 2/2: reward {mean:.4f}, most sampled: body none 100%"
    )
    lines = terminal.closing_summary(found, []).splitlines()
    assert len(lines) == 2 and lines[1].startswith("body cell: none 100%, ")


def test_the_pace_is_that_of_recent_epochs():
    times = iter([0, 100, 110, 120, 132, 142])
    pace = terminal.Pace(lambda: next(times))
    # The first one compiles.
    assert pace.left(9) == 900
    assert pace.left(8) == 8 * 55
    assert [pace.left(1) for _ in range(3)] == [10, 11, 10]


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0.2, "0 s"),
        (59.6, "1 min"),
        (320, "5 min 20 s"),
        (12_034, "3 h 20 min"),
        (86_400 * 3 + 14_500, "3 d 4 h"),
        (86_400, "1 d"),
    ],
)
def test_times_have_two_units(seconds, text):
    assert terminal.story.duration(seconds) == text


def test_the_end_in_a_few_lines(found):
    candidates = [
        types.SimpleNamespace(reward=r, validation_reward=r) for r in range(5)
    ]
    lines = terminal.closing_summary(found, candidates).splitlines()
    assert lines[0].startswith("searched 3 epochs: mean reward 0.0998 in the")
    assert lines[1] == "policy vectors: 12 undecided, 0 settling, 0 settled"
    assert lines[2].startswith("normal cell: max pool 3x3 25%, skip connect 25")
    assert lines[3].startswith("reduction cell: ")
    assert lines[4] == (
        "the best 5 candidates: rewards on one minibatch and on the validation "
        "split have a rank correlation of 1.00 (95 % confidence interval 1.00 "
        "to 1.00)"
    )
