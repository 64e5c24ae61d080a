import itertools

import numpy as np
import pytest

from ednas_tf.nets import counting, expected_counts, plan
from ednas_tf.settings import schema
from ednas_tf.space import convolutional, genotype

OPS = ("skip_connect", "max_pool_3x3", "sep_conv_3x3")
NETWORK = schema.Network(cells=3, channels=4)
FORM = (16, 16, 3), 7


def architectures(space):
    """All cells, as `Genotype.from_choices` takes them."""
    choices = [space.edge_choices(node) for node in range(space.num_nodes)]
    every_op = range(len(space.ops))
    for sources in itertools.product(*choices):
        for ops in itertools.product(every_op, repeat=space.num_slots):
            yield sources, space.by_node(ops)


def walked(space, chosen):
    """What `counting` finds on its way through the derived network."""
    cells = dict.fromkeys(space.cell_types, chosen)
    described = genotype.Genotype.from_choices(space, cells)
    outputs = {name: len(c.output) for name, c in described.cells.items()}
    planned = plan.plan(space, NETWORK, outputs, FORM[0][2], FORM[1])
    walk = counting.NetworkCounter(FORM[0])
    before, previous = walk.stem(planned.stem)
    for cell in planned.cells:
        inside = described.cells[cell.cell_type]
        output = walk.cell(cell, inside, before, previous)
        before, previous = previous, output
    walk.classifier(previous, FORM[1])
    return walk


def test_the_expectation_is_the_mean_of_all_architectures():
    """Both cell types having the same one, as sums do not mix them."""
    space = convolutional.convolutional(2, OPS)
    walks = [walked(space, a) for a in architectures(space)]
    found = [walk.multiply_adds for walk in walks]
    expected = expected_counts.expect(
        space, expected_counts.uniform(space), NETWORK, *FORM
    )

    assert len(found) == 3 * 3**4
    assert expected.multiply_adds == pytest.approx(np.mean(found), rel=1e-12)
    assert expected.parameters == pytest.approx(
        np.mean([walk.parameters for walk in walks]), rel=1e-12
    )
    # 3 x 3 x 3 weights for each of 12 channels, at every pixel.
    assert expected.image_multiply_adds == 27 * 12 * 16 * 16
    assert expected.training_multiply_adds == pytest.approx(
        3 * np.mean(found) - 27 * 12 * 16 * 16
    )


def test_shares_of_one_architecture_give_its_count():
    space = convolutional.convolutional(2, OPS)
    edges, ops = np.array([[0, 1], [1, 2]]), np.array([[2, 0], [2, 1]])
    shares = np.zeros((len(space.edges), len(OPS)))
    for node in range(2):
        for source, op in zip(edges[node], ops[node], strict=True):
            shares[space.first_edge(node) + source, op] = 1
    shares = dict.fromkeys(space.cell_types, shares)
    expected = expected_counts.expect(space, shares, NETWORK, *FORM)

    walk = walked(space, (edges, ops))
    assert expected.multiply_adds == walk.multiply_adds
    assert expected.values == walk.values
