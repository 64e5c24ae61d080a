import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.nets.architectures import Sampled
from ednas_tf.searchers.choices import Choices
from ednas_tf.space import convolutional, recurrent
from ednas_tf.space.cell_space import CellSpace
from tests.searchers import tiny

#: The space of the example in `choices`.
EXAMPLE = CellSpace("example", "convolutional", ("c",), 2, (1, 1), ("a", "b"))
ALL_EDGES = CellSpace(
    "all_edges", "convolutional", ("c",), 1, (1, 2), ("a", "b"), output=(2,)
)
SPACES = pytest.mark.parametrize(
    "space",
    [tiny.CONVOLUTIONAL, tiny.RECURRENT, tiny.UNEVEN, EXAMPLE, ALL_EDGES],
    ids=lambda space: space.name,
)


def values_of(choices, seed=0):
    return np.random.default_rng(seed).normal(size=choices.count)


def every(choices):
    """All architectures, and their choices [architectures, count]."""
    found = tiny.architectures(choices.space)
    return found, np.stack([choices.made(m).numpy() for m in found])


def test_the_choices_of_the_example():
    choices = Choices(EXAMPLE)
    architecture = {"c": Sampled(tf.constant([0, 2]), tf.constant([1, 0]))}

    assert choices.count == 15
    made = choices.made(architecture).numpy()
    assert np.flatnonzero(made).tolist() == [1, 8, 10, 14]


def test_the_numbers_of_choices_of_the_papers_spaces():
    # Two cell types of 14 edges with 7 operations, and 1 + 3 + 6 + 10 pairs.
    assert Choices(convolutional.convolutional()).count == 2 * (98 + 20)
    # 36 edges with 4 functions, and 1 + 2 + ... + 8 inputs.
    assert Choices(recurrent.recurrent()).count == 36 * 4 + 36


@SPACES
@pytest.mark.parametrize("seed", range(3))
def test_the_best_architecture_is_the_best_of_all(space, seed):
    choices = Choices(space)
    values = values_of(choices, seed)
    architectures, made = every(choices)
    expected = architectures[int(np.argmax(made @ values))]

    found = choices.best(tf.constant(values))
    tf.nest.map_structure(np.testing.assert_array_equal, found, expected)
    traced = tf.function(choices.best)(tf.constant(values))
    tf.nest.map_structure(np.testing.assert_array_equal, traced, expected)


def test_cell_types_are_chosen_apart():
    space = convolutional.convolutional(2, ("a", "b", "c"))
    choices = Choices(space)
    values = values_of(choices)
    best = choices.made(choices.best(tf.constant(values))).numpy()
    for cell_type in space.cell_types:
        alone = values.copy()
        for name, (where, _) in choices.parts.items():
            if cell_type not in name:
                alone[where] = 0
        made = choices.made(choices.best(tf.constant(alone))).numpy()
        assert made @ alone == pytest.approx(best @ alone)


@SPACES
def test_shares_count_how_often_a_choice_is_the_best(space):
    choices = Choices(space)
    draws = np.stack([values_of(choices, seed) for seed in range(20)])
    shares = choices.best_shares(tf.constant(draws))
    best = [choices.made(choices.best(tf.constant(each))) for each in draws]
    made = choices.split(np.mean(best, axis=0))
    tables = [choices.split(each) for each in draws]

    assert shares.keys() == choices.parts.keys()
    for name, found in shares.items():
        np.testing.assert_allclose(np.sum(found, -1), 1, rtol=1e-6)
        if name.startswith("structure/"):
            np.testing.assert_allclose(found, made[name], rtol=1e-6)
        else:
            ops = np.stack([each[name] for each in tables]).argmax(-1)
            expected = np.eye(len(space.ops))[ops].mean(0)
            np.testing.assert_allclose(found, expected, rtol=1e-6)


@SPACES
def test_contrasts_add_up_to_the_difference_from_the_mean(space):
    choices = Choices(space)
    values = values_of(choices)
    _, made = every(choices)
    rewards = made @ values

    contrasts = choices.contrasts @ values
    np.testing.assert_allclose(
        made @ contrasts, rewards - rewards.mean(), atol=1e-12
    )
    for name, each in choices.split(contrasts).items():
        np.testing.assert_allclose(
            np.sum(each, -1), 0, atol=1e-12, err_msg=name
        )
    np.testing.assert_allclose(choices.frequencies, made.mean(0))
    variance = choices.frequencies @ contrasts**2
    assert variance == pytest.approx(rewards.var())


def test_values_by_name_and_as_a_vector():
    choices = Choices(EXAMPLE)
    values = values_of(choices)
    split = choices.split(values)

    assert split["operations/c"].shape == (5, 2)
    assert split["structure/c/node_1"].shape == (3,)
    np.testing.assert_array_equal(choices.join(split), values)
    np.testing.assert_array_equal(choices.join({}), np.zeros(15))


@pytest.mark.parametrize(
    "named, message",
    [
        ({"inputs/c": np.ones(2)}, "expected names such as operations/c"),
        ({"operations/c": np.ones(10)}, r"expected the shape \[5, 2\]"),
    ],
    ids=["name", "shape"],
)
def test_values_of_another_form_are_refused(named, message):
    with pytest.raises(ValueError, match=message):
        Choices(EXAMPLE).join(named)
