import numpy as np
import pytest

from ednas_tf.analysis import policies, shares
from tests.analysis import histories

SPACES = [histories.SMALL, histories.UNEVEN, histories.FULL]


@pytest.mark.parametrize("space", SPACES)
def test_shares_count_the_judged_architectures(space):
    arrays = histories.arrays(space, 3, steps=20)
    counts = arrays["epoch/counts"]
    judged = arrays["epoch/architectures"]
    found = shares.sampled_shares(space, counts, judged)
    for cell, cell_type in enumerate(space.cell_types):
        first = space.num_inputs
        for node in range(space.num_nodes):
            structure = found[
                f"probabilities/structure/{cell_type}/node_{first + node}"
            ]
            for i, choice in enumerate(space.edge_choices(node)):
                same = [
                    tuple(judged[1, s, cell, 0, space.slots(node)]) == choice
                    for s in range(20)
                ]
                assert structure[2, i] == pytest.approx(np.mean(same))
        operations = found[f"probabilities/operations/{cell_type}"]
        for edge, (source, node) in enumerate(space.edges):
            ops = [
                judged[1, s, cell, 1, slot]
                for s in range(20)
                for slot in space.slots(node)
                if judged[1, s, cell, 0, slot] == source
            ]
            expected = np.bincount(ops, minlength=len(space.ops)) / len(ops)
            np.testing.assert_allclose(operations[2, edge], expected)


@pytest.mark.parametrize("space", SPACES)
def test_names_and_shapes_are_those_of_probabilities(space):
    arrays = histories.arrays(space, 2)
    counts, judged = arrays["epoch/counts"], arrays["epoch/architectures"]
    found = shares.sampled_shares(space, counts, judged)
    expected = {
        name: array.shape
        for name, array in arrays.items()
        if name.startswith("probabilities/")
    }
    assert {name: array.shape for name, array in found.items()} == expected
    for array in found.values():
        np.testing.assert_allclose(array[0], 1 / array.shape[-1])


def test_operations_on_an_edge_that_nothing_keeps_are_unknown():
    space = histories.UNEVEN
    arrays = histories.arrays(space, 1, steps=1, marginals=False)
    found = policies.Policies(space, arrays)
    # Of three edges into the last node an architecture keeps one.
    unknown = np.isnan(found.operations("body")[1]).all(-1)
    assert unknown.tolist()[:3] == [False] * 3 and unknown.sum() == 2
    np.testing.assert_array_equal(found.kept("body")[1, 3:] == 0, unknown[3:])
