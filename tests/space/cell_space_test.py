import dataclasses
import itertools
import math

import pytest

from ednas_tf import errors
from ednas_tf.space import cell_space, convolutional, recurrent, spaces


def test_the_papers_space_has_180_structures_of_seven_ops_on_eight_edges():
    space = convolutional.convolutional()

    assert space.cell_types == ("normal", "reduction")
    assert len(space.ops) == 7
    assert space.size() == 180 * 7**8 == 1037664180


def test_the_papers_recurrent_space_has_8_factorial_times_4_to_the_8_cells():
    assert recurrent.recurrent().size() == 40320 * 4**8 == 2642411520


@pytest.mark.parametrize("node", range(6))
def test_a_node_chooses_two_of_all_the_states_before_it(node):
    space = convolutional.convolutional(nodes=6)

    choices = space.edge_choices(node)

    assert len(choices) == math.comb(node + 2, 2)
    assert len(set(choices)) == len(choices)
    assert all(0 <= a < b < node + 2 for a, b in choices)


def test_edge_choices_come_in_lexicographic_order():
    space = convolutional.convolutional()

    assert space.edge_choices(0) == ((0, 1),)
    assert space.edge_choices(1) == ((0, 1), (0, 2), (1, 2))


@pytest.mark.parametrize("node", [-1, 4])
def test_edge_choices_refuse_a_node_outside_the_cell(node):
    space = convolutional.convolutional()

    with pytest.raises(ValueError, match=rf"\[0, 4\), found {node}"):
        space.edge_choices(node)


@pytest.mark.parametrize("node", range(4))
def test_a_recurrent_node_chooses_one_of_all_the_states_before_it(node):
    space = recurrent.recurrent(nodes=4)

    assert space.edge_choices(node) == tuple((i,) for i in range(node + 1))


def test_spaces_are_known_by_name():
    assert set(spaces.names()) >= {"convolutional", "recurrent"}
    assert spaces.default("convolutional") == convolutional.convolutional()
    assert spaces.make("recurrent", 3, ["relu"]) == recurrent.recurrent(
        3, ("relu",)
    )
    with pytest.raises(errors.RequestError, match="unknown space 'mine'"):
        spaces.make("mine")


def test_nodes_may_keep_different_numbers_of_edges():
    space = cell_space.CellSpace(
        name="all_edges",
        family="convolutional",
        cell_types=("cell",),
        num_inputs=1,
        fan_in=(1, 2, 3),
        ops=("a", "b"),
        output=(3,),
    )

    assert [space.edge_choices(node) for node in range(3)] == [
        ((0,),),
        ((0, 1),),
        ((0, 1, 2),),
    ]
    assert (space.num_slots, space.size()) == (6, 2**6)
    assert [list(space.slots(node)) for node in range(3)] == [
        [0],
        [1, 2],
        [3, 4, 5],
    ]
    assert space.slot_nodes() == (0, 1, 1, 2, 2, 2)
    assert space.first_edges() == (0, 1, 1, 3, 3, 3)
    assert space.by_node("abcdef") == [["a"], ["b", "c"], ["d", "e", "f"]]
    assert space.output_states == (3,)


@pytest.mark.parametrize("output", [(1,), (2, 2), (6,)])
def test_an_output_that_is_no_node_is_refused(output):
    space = convolutional.convolutional()

    with pytest.raises(ValueError, match="different nodes"):
        dataclasses.replace(space, output=output)


def test_size_equals_the_number_of_enumerated_cells():
    space = convolutional.convolutional(nodes=2, ops=("a", "b"))
    cells = set()
    for first in itertools.combinations(range(2), 2):
        for second in itertools.combinations(range(3), 2):
            for ops in itertools.product(space.ops, repeat=4):
                cells.add((first, second, ops))

    assert space.size() == len(cells) == 48


def test_edges_are_numbered_by_node_and_then_by_source():
    space = convolutional.convolutional()

    assert space.edges == (
        *((0, 0), (1, 0)),
        *((0, 1), (1, 1), (2, 1)),
        *((0, 2), (1, 2), (2, 2), (3, 2)),
        *((0, 3), (1, 3), (2, 3), (3, 3), (4, 3)),
    )
    assert [space.first_edge(node) for node in range(4)] == [0, 2, 5, 9]
    assert space.num_states == 6


def test_a_recurrent_space_has_36_edges():
    space = recurrent.recurrent()

    assert (space.num_inputs, space.num_states) == (1, 9)
    assert len(space.edges) == 36
    assert [space.first_edge(node) for node in range(4)] == [0, 1, 3, 6]


@pytest.mark.parametrize("ops", [(), ("a", "b", "a")])
def test_no_operations_and_repeated_ones_are_refused_by_name(ops):
    with pytest.raises(ValueError) as caught:
        convolutional.convolutional(ops=ops)

    assert "each only once" in str(caught.value)
    assert str(list(ops)) in str(caught.value)


@pytest.mark.parametrize("fan_in", [(), (0, 2), (3, 2), (2, 4)])
def test_a_space_whose_first_node_cannot_keep_its_edges_is_refused(fan_in):
    space = convolutional.convolutional()

    with pytest.raises(ValueError, match="at least one node"):
        dataclasses.replace(space, fan_in=fan_in)
