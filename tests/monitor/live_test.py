import numpy as np
import pytest

from ednas_tf.analysis import policies
from ednas_tf.monitor import live
from tests import printed
from tests.analysis import histories

SPACE = histories.SMALL


class Clock:
    """Stands still until it is moved."""

    now = 0.0

    def __call__(self):
        return self.now


def after(epochs, space=SPACE, **kept):
    return policies.Policies(space, histories.arrays(space, epochs, **kept))


def test_a_line_an_epoch_and_each_alarm_once(capsys):
    shown = live.Live(4, 0)
    arrays = histories.arrays(SPACE, 4, strength=0.0)
    for cell_type in SPACE.cell_types:
        arrays[f"probabilities/operations/{cell_type}"][1:] = [0.5, 0.5, 0, 0]
    for epoch in (1, 2, 3):
        part = {
            name: value[: epoch + (not name.startswith("epoch/"))]
            for name, value in arrays.items()
        }
        shown.tell(
            policies.Policies(SPACE, part), learns=True, seconds_left=1.0
        )
    found = capsys.readouterr()
    lines = found.out.splitlines()
    assert [line[:10] for line in lines[::2]] == [
        f"epoch {epoch}/4:" for epoch in (1, 2, 3)
    ]
    assert set(lines[1::2]) == {
        "  leading: normal max pool 3x3 50 %, reduction max pool 3x3 50 %"
    }
    warnings = printed.unbroken(found.err).splitlines()
    assert len(warnings) == 2
    for cell_type in SPACE.cell_types:
        assert any(
            f"have taken over the {cell_type} cell" in w for w in warnings
        )


def test_random_search_has_no_alarm(capsys):
    live.Live(2, 0).tell(
        after(1, strength=30.0), learns=False, seconds_left=1.0
    )
    assert capsys.readouterr().err == ""


def test_equal_rewards_are_reported_once(capsys):
    shown, found = live.Live(9, 0), after(3, strength=0.0)
    found.rewards[:] = 0.5
    for _ in range(2):
        shown.tell(found, learns=True, seconds_left=1.0)
    (warning,) = printed.unbroken(capsys.readouterr().err).splitlines()
    assert warning.startswith("warning: epoch 3: All 6 architectures that were")


def test_pictures_of_tables_and_cells():
    images = live.Live(2, 1).images(after(2, strength=9.0))
    expected = {
        f"policies/{kind}/{cell_type}"
        for kind in ("operations", "inputs")
        for cell_type in SPACE.cell_types
    }
    expected |= {f"cells/most_likely/{name}" for name in SPACE.cell_types}
    assert images.keys() == expected
    for image in images.values():
        assert image.dtype == np.uint8 and image.shape[2] == 3
        assert min(image.shape[:2]) > 100 and image.std() > 20


def test_pictures_of_effects():
    images = live.Live(2, 1).images(after(2, effects=True))
    assert {"policies/effects/normal", "policies/effects/reduction"} <= {
        *images
    }


def test_pictures_without_probabilities():
    images = live.Live(2, 1).images(
        after(2, histories.UNEVEN, steps=2, marginals=False)
    )
    assert {"policies/operations/body", "policies/inputs/body"} <= {*images}


def test_a_space_without_a_choice_of_inputs_has_no_picture_of_them():
    images = live.Live(2, 1).images(after(2, histories.FULL))
    assert images.keys() - {"cells/most_likely/cell"} == {
        "policies/operations/cell"
    }


def test_cells_of_undecided_policies_are_not_drawn():
    images = live.Live(2, 1).images(after(2, strength=0.1))
    assert not any(tag.startswith("cells") for tag in images)


@pytest.mark.parametrize(
    "every, expected", [(0, []), (1, [1, 2, 3, 4, 5]), (2, [2, 4, 5])]
)
def test_pictures_come_every_few_epochs_and_at_the_end(every, expected):
    clock = Clock()
    shown = live.Live(5, every, clock)
    due = []
    for epoch in range(1, 6):
        clock.now += 60
        due += [epoch] if shown._is_due(epoch) else []
    assert due == expected


def test_pictures_never_take_more_than_their_share(monkeypatch):
    clock = Clock()

    def slow(_):
        clock.now += 1.0
        return {"a": None}

    monkeypatch.setattr(live, "_tables", slow)
    monkeypatch.setattr(live, "_cells", lambda _: {})
    shown, arrays = live.Live(1000, 1, clock), histories.arrays(SPACE, 1)
    found, drawn = policies.Policies(SPACE, arrays), 0
    for _ in range(500):
        clock.now += 1.0
        drawn += len(shown.images(found))
        assert drawn <= live.MOST_TIME * clock.now
    assert drawn == 10
