import itertools
import math

import numpy as np
import pytest

from ednas_tf.analysis import policies, policy_reading
from tests.analysis import histories

SPACE = histories.SMALL


@pytest.fixture
def found():
    return policies.Policies(SPACE, histories.arrays(SPACE, 4))


def vector(*rows):
    rows = np.array(rows)
    choices = tuple("abcdefg"[: rows.shape[-1]])
    kind = policies.INPUTS
    return policies.Vector("normal", kind, "node 2", choices, rows)


def test_as_many_choices_are_open_as_are_equally_likely():
    for choices in (1, 2, 7):
        uniform = np.full(choices, 1 / choices)
        assert policy_reading.open_choices(uniform) == pytest.approx(choices)
    assert policy_reading.open_choices(np.array([0.5, 0, 0.5])) == 2
    assert policy_reading.open_choices(np.array([1.0, 0.0])) == 1


def test_entropy_is_in_nats():
    found = policy_reading.entropy(np.array([[0.9, 0.1], [0.5, 0.5]]))
    np.testing.assert_allclose(found, [0.32508, 0.69315], atol=1e-5)


@pytest.mark.parametrize(
    "probabilities, expected",
    [
        ([1 / 7] * 7, "undecided"),
        ([0.4] + [0.1] * 6, "undecided"),
        ([0.7] + [0.05] * 6, "settling"),
        ([0.94] + [0.01] * 6, "settled"),
        ([1.0], ""),
    ],
)
def test_stages(probabilities, expected):
    assert policy_reading.stage(np.array(probabilities)) == expected


def test_settled_since_the_last_time_that_it_was_not():
    far, near = [0.99, 0.01], [0.6, 0.4]
    assert policy_reading.settled_since(vector(near, far, near, far, far)) == 3
    assert policy_reading.settled_since(vector(near, far, near)) is None
    assert policy_reading.settled_since(vector(far, far)) == 0
    assert policy_reading.settled_since(vector([1.0], [1.0])) is None


def test_the_largest_changes_come_first(found):
    changes = policy_reading.changes(found, since=2, most=5)
    sizes = [abs(change.after - change.before) for change in changes]
    assert len(sizes) == 5 and sizes == sorted(sizes, reverse=True)
    every = [
        np.abs(v.probabilities[-1] - v.probabilities[2]).max()
        for v in found.vectors()
    ]
    assert sizes[0] == pytest.approx(max(every))


def test_changes_since_the_start(found):
    (change,) = policy_reading.changes(found, since=0, most=1)
    values = change.vector.probabilities
    index = change.vector.choices.index(change.choice)
    assert change.before == pytest.approx(values[0, index])


def test_shares_of_operations_are_those_of_all_samples(found):
    shares = policy_reading.op_shares(found, "normal")
    np.testing.assert_allclose(shares.sum(-1), 1, rtol=1e-6)
    # Node 2 keeps both its edges: half of all that are kept.
    operations = found.operations("normal")[-1]
    own = operations[:2].sum(0) / 4
    rest = (found.kept("normal")[-1, 2:, None] * operations[2:]).sum(0) / 4
    np.testing.assert_allclose(shares[-1], own + rest, rtol=1e-6)


@pytest.mark.parametrize(
    "space", [SPACE, histories.RECURRENT, histories.UNEVEN, histories.FULL]
)
def test_no_architecture_is_more_likely(space):
    found = policies.Policies(space, histories.arrays(space, 2, strength=1))
    genotype, log_prob = policy_reading.most_likely(found)
    genotype.validate(space)
    best = 0.0
    for cell_type in space.cell_types:
        operations = found.operations(cell_type)[-1]
        for node in range(space.num_nodes):
            first = space.first_edge(node)
            best += max(
                math.log(p) + sum(map(math.log, ops))
                for p, sources in zip(
                    found.structure(cell_type, node)[-1],
                    space.edge_choices(node),
                    strict=True,
                )
                for ops in itertools.product(
                    *(operations[first + s] for s in sources)
                )
            )
    assert log_prob == pytest.approx(best)


def sampled(space, epochs=3, **kept):
    arrays = histories.arrays(space, epochs, marginals=False, **kept)
    return policies.Policies(space, arrays)


def test_the_choices_that_were_sampled_most_often():
    space = histories.UNEVEN
    found = sampled(space, steps=9)
    genotype, log_prob = policy_reading.most_likely(found)
    genotype.validate(space)
    assert log_prob is None
    # The last node keeps one of three edges.
    (edge,) = genotype.cells["body"].nodes[2]
    counts = found.counts[-1, 1, 0, 3:]
    # The most likely choice of an edge together with its best operation.
    source, op = np.unravel_index(counts.argmax(), counts.shape)
    assert counts[edge.source].max() == counts[source, op]
    assert genotype.cells["body"].output == (2, 3)


def test_shares_of_operations_are_those_that_were_judged():
    found = sampled(histories.UNEVEN, steps=2)
    judged = found.counts[:, 1, 0].sum(1)
    expected = judged / judged.sum(-1, keepdims=True)
    shares = policy_reading.op_shares(found, "body")
    np.testing.assert_allclose(shares[1:], expected)
    np.testing.assert_allclose(shares[0], 0.25)


def test_changes_of_shares_are_those_of_all_judged_architectures():
    found = sampled(histories.UNEVEN, steps=3)
    changes = {
        (change.vector.place, change.choice): (change.before, change.after)
        for change in policy_reading.changes(found, since=1, most=99)
    }
    assert len(changes) == 1 + 1 + 3 + 6 * 4
    judged = found.counts[:, 1, 0] / 3
    for edge, place in enumerate(
        ["0->1", "0->2", "1->2", "0->3", "1->3", "2->3"]
    ):
        for op, name in enumerate(found.space.ops):
            before, after = changes[f"edge {place}", name]
            assert before == pytest.approx(judged[0, edge, op])
            assert after == pytest.approx(judged[-1, edge, op])


def test_open_shares_average_over_what_is_known():
    unknown = vector([0.5, 0.5], [np.nan, np.nan])
    decided = vector([1.0, 0.0], [1.0, 0.0])
    only = vector([1.0], [1.0])
    share = policy_reading.open_share([unknown, decided, only])
    np.testing.assert_allclose(share, [0.75, 0.5])
    assert policy_reading.open_share([only]) is None


@pytest.mark.parametrize(
    "epochs, expected",
    [(1, 1), (6, 1), (12, 2), (14, 3), (30, 5), (150, 50), (300, 50)],
)
def test_windows_are_round_numbers(epochs, expected):
    assert policy_reading.windows(epochs) == expected
