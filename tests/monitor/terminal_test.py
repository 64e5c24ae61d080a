import re
import types

import pytest

from ednas_tf import errors
from ednas_tf.analysis import policies
from ednas_tf.monitor import terminal
from tests.analysis import histories

SPACE = histories.SMALL


@pytest.fixture
def found():
    return policies.Policies(SPACE, histories.arrays(SPACE, 3, strength=0.0))


def test_a_line_says_what_matters(found):
    line = terminal.epoch_line(found, 300, 12_034.0)
    assert line == (
        f"epoch 3/300: reward {found.rewards[-1].mean():.4f}, 100 % of choices "
        "open, 3 h 20 min left"
    )


def test_a_budget_stands_in_the_place_of_planned_epochs(found):
    line = terminal.epoch_line(found, 300, None, "9 of 12 seconds spent")
    assert line == (
        f"epoch 3: reward {found.rewards[-1].mean():.4f}, 100 % of choices "
        "open, 9 of 12 seconds spent"
    )


def test_only_a_command_names_the_next_one(monkeypatch, capsys):
    terminal.print_next(["a", "--b"])
    errors.in_python(terminal.print_next)(["a", "--b"])
    monkeypatch.setattr(terminal.children, "is_stage", lambda: True)
    terminal.print_next(["a", "--b"])
    assert capsys.readouterr().out == "next: a --b\n"


def test_operations_that_lead_have_a_line_of_their_own():
    arrays = histories.arrays(SPACE, 1, strength=0.0)
    for cell_type, share in (("normal", 0.4), ("reduction", 0.37)):
        rest = (1 - share) / 3
        operations = arrays[f"probabilities/operations/{cell_type}"]
        operations[-1] = [rest, rest, share, rest]
    found = policies.Policies(SPACE, arrays)
    _, leading = terminal.epoch_line(found, 1, 0.0).split("\n")
    # Chance is 25 %, and 1.5 times that leads.
    assert leading == "  leading: normal sep conv 3x3 40 %"


def test_a_line_of_a_training():
    trained = {"loss": 0.81234, "accuracy": 0.5}
    line = terminal.training_line(
        12, 600, trained, "accuracy", (0.75, 0.8), 12_034.0
    )
    assert line == (
        "epoch 12/600: training loss 0.8123, accuracy 0.5000; validation "
        "accuracy 0.7500\n  (best 0.8000), 3 h 20 min left"
    )
    line = terminal.training_line(600, 600, trained, "accuracy", None, 0.0)
    assert line == "epoch 600/600: training loss 0.8123, accuracy 0.5000"


def test_after_the_last_epoch_no_time_is_left(found):
    assert "left" not in terminal.epoch_line(found, 3, 0.0)


def test_a_space_without_choices_has_nothing_open():
    space = histories.recurrent.recurrent(1, ("tanh",))
    found = policies.Policies(space, histories.arrays(space, 1))
    line = terminal.epoch_line(found, 2, 1.0)
    assert re.fullmatch(r"epoch 1/2: reward 0\.\d{4}, 1 s left", line)


def test_a_space_without_a_choice_of_inputs(found):
    arrays = histories.arrays(histories.FULL, 1)
    line = terminal.epoch_line(policies.Policies(histories.FULL, arrays), 1, 0)
    assert re.search(r", \d+ % of choices open", line)


def test_lines_without_probabilities():
    space = histories.UNEVEN
    arrays = histories.arrays(space, 2, marginals=False)
    # All operations are the second one.
    counts = arrays["epoch/counts"]
    counts[..., 1], counts[..., [0, 2, 3]] = counts.sum(-1), 0
    found = policies.Policies(space, arrays)
    mean = found.rewards[-1].mean()
    assert terminal.epoch_line(found, 2, 0.0) == (
        f"epoch 2/2: reward {mean:.4f}\n  most sampled: body none 100 %"
    )
    lines = terminal.closing_summary(found, []).splitlines()
    assert lines[2] == "body cell: none 100 %; 25 % would be chance"


class Clock:
    """Returns the seconds that a test has let pass."""

    now = 0.0

    def __call__(self):
        return self.now


def paced(pace, clock, epochs, between=0.0):
    """The seconds left after each epoch, of those that take so long."""
    found = []
    for i, seconds in enumerate(epochs):
        pace.begin_epoch()
        clock.now += seconds
        found.append(pace.left(len(epochs) - i - 1))
        clock.now += between
    return found


def test_the_first_epoch_which_compiles_tells_nothing():
    clock = Clock()
    pace = terminal.Pace(clock)
    seconds = [100, 10, 10, 12, 12]
    assert paced(pace, clock, seconds) == [None, 30, 20, 10, 0]


def test_what_is_done_between_epochs_counts_from_the_second_on():
    clock = Clock()
    pace = terminal.Pace(clock)
    # The first evaluation compiles, too, so it does not count.
    assert paced(pace, clock, [100, 10, 10, 10], 2) == [None, 20, 11, 0]


def test_the_pace_is_that_of_recent_epochs():
    clock = Clock()
    pace = terminal.Pace(clock)
    assert paced(pace, clock, [9, 50, 50, *[10] * 5, 10])[-2] == 10


def test_an_expected_pace_stands_for_the_first_epoch():
    clock = Clock()
    pace = terminal.Pace(clock, expected=11.0)
    assert paced(pace, clock, [100, 10, 10]) == [22, 10, 0]


def test_an_unknown_time_is_not_told(found):
    assert "left" not in terminal.epoch_line(found, 300, None)
    line = terminal.training_line(1, 2, {"loss": 1.0}, "accuracy", None, None)
    assert line == "epoch 1/2: training loss 1.0000"


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
    assert lines == [
        "searched 3 epochs: mean reward 0.0998 in the first, 0.4430 in the "
        "last, 0.4430",
        "  in the best (epoch 3)",
        "policy vectors: 12 undecided, 0 settling, 0 settled",
        "normal cell: no operation leads, and the largest share is 25 %; 25 % "
        "would be",
        "  chance",
        "reduction cell: no operation leads, and the largest share is 25 %",
        "the best 5 candidates: rewards on one minibatch and on the validation "
        "split have",
        "  a rank correlation of 1.00 (95 % confidence interval 1.00 to 1.00)",
    ]


def test_only_operations_that_lead_are_named_at_the_end():
    arrays = histories.arrays(SPACE, 1, strength=0.0)
    for cell_type in SPACE.cell_types:
        arrays[f"probabilities/operations/{cell_type}"][-1] = [
            *(0.2, 0.38, 0.39, 0.03)
        ]
    lines = terminal.closing_summary(policies.Policies(SPACE, arrays), [])
    assert lines.splitlines()[-2:] == [
        "normal cell: sep conv 3x3 39 %, skip connect 38 %; 25 % would be "
        "chance",
        "reduction cell: sep conv 3x3 39 %, skip connect 38 %",
    ]


def test_a_long_command_has_an_argument_in_each_line():
    short = ["python", "-m", "x", "--a=1"]
    assert terminal.wrapped_command(short) == "python -m x --a=1"
    assert terminal.wrapped_command(
        [*short, f"--b={'y z' * 30}"]
    ).splitlines() == [
        "python -m x \\",
        "    --a=1 \\",
        f"    '--b={'y z' * 30}'",
    ]
