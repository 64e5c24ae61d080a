import numpy as np
import pytest

from ednas_tf.analysis import gains, policies
from tests.analysis import histories

SPACE = histories.SMALL


@pytest.fixture(scope="module")
def found():
    """Uniform policies, so that all choices are independent."""
    arrays = histories.arrays(SPACE, 8, steps=40, strength=0.0)
    return policies.Policies(SPACE, arrays)


def presence(found, cell, edge):
    """[epochs, steps]: the operation on an edge, -1 if it is not kept."""
    shape = found.rewards.shape
    ops = np.full(shape, -1)
    source, node = found.space.edges[edge]
    for e, s in np.ndindex(*shape):
        for slot in found.space.slots(node):
            kept, op = found.architectures[e, s, cell, :, slot]
            if kept == source:
                ops[e, s] = op
    return ops


def within(x, y, used):
    """Slope by numpy, with a column for each epoch."""
    epoch = np.repeat(np.arange(len(x)), x.shape[1])[used.ravel()]
    dummies = epoch[:, None] == np.unique(epoch)
    left = np.column_stack([x[used], dummies]).astype(float)
    answer, residues, *_ = np.linalg.lstsq(left, y[used], rcond=None)
    spread = residues[0] / (len(left) - left.shape[1])
    error = np.sqrt(spread * np.linalg.inv(left.T @ left)[0, 0])
    return answer[0], error


def test_an_operation_on_an_edge_against_others_on_that_edge(found):
    edge, op = 3, 1
    ops = presence(found, 1, edge)
    slope, error = within(ops == op, found.rewards, ops >= 0)
    gain = gains.of_pairs(found, "reduction")[4 * edge + op]
    assert gain.name == "1->3 skip connect"
    assert gain.samples == (ops == op).sum()
    assert gain.value == pytest.approx(slope)
    reach = (gain.high - gain.low) / 2
    assert reach == pytest.approx(1.98 * error, rel=0.01)


def test_keeping_an_edge_against_not_keeping_it(found):
    kept = presence(found, 0, 4) >= 0
    slope, _ = within(kept, found.rewards, np.ones(kept.shape, bool))
    gain = gains.of_edges(found, "normal")[4]
    assert gain.name == "2->3" and gain.samples == kept.sum()
    assert gain.value == pytest.approx(slope)


@pytest.mark.parametrize("edge", range(6))
def test_nodes_that_keep_different_numbers_of_edges(edge):
    arrays = histories.arrays(histories.UNEVEN, 5, steps=40, strength=0.0)
    found = policies.Policies(histories.UNEVEN, arrays)
    kept = presence(found, 0, edge) >= 0
    gain = gains.of_edges(found, "body")[edge]
    assert gain.name == ["0->1", "0->2", "1->2", "0->3", "1->3", "2->3"][edge]
    assert gain.samples == kept.sum()
    # The first two nodes keep all edges that they have.
    assert np.isnan(gain.value) == (edge < 3)
    if edge >= 3:
        slope, _ = within(kept, found.rewards, np.ones(kept.shape, bool))
        assert gain.value == pytest.approx(slope)


def test_one_more_edge_with_an_operation(found):
    count = sum(presence(found, 0, edge) == 2 for edge in range(5))
    slope, _ = within(count, found.rewards, np.ones(count.shape, bool))
    gain = gains.of_operations(found, "normal")[2]
    assert gain.name == "sep conv 3x3"
    assert gain.value == pytest.approx(slope)
    assert gain.samples == (count > 0).sum()


def test_edges_that_are_always_kept_cannot_be_compared(found):
    first, second, *_ = gains.of_edges(found, "normal")
    assert np.isnan([first.value, second.value]).all()
    assert first.samples == found.rewards.size and not first.is_clear


def test_few_samples_have_no_interval():
    few = policies.Policies(SPACE, histories.arrays(SPACE, 2, steps=12))
    for gain in gains.of_pairs(few, "normal"):
        if gain.samples < 10:
            assert np.isnan(gain.low) and not gain.is_clear


def test_intervals_hold_what_they_should(found):
    """If rewards depend on nothing, 5 % of the gains are clear by chance."""
    draw, clear, count = np.random.default_rng(3), 0, 0
    for _ in range(12):
        arrays = dict(found.arrays)
        # The weights get better, which must not count.
        arrays["epoch/rewards"] = np.arange(8)[:, None] + draw.normal(
            size=found.rewards.shape
        )
        for gain in gains.of_pairs(policies.Policies(SPACE, arrays), "normal"):
            clear, count = clear + gain.is_clear, count + 1
    assert count == 240 and 3 <= clear <= 24


def test_a_rise_over_the_epochs_is_no_gain(found):
    arrays = dict(found.arrays)
    arrays["epoch/rewards"] = np.broadcast_to(
        np.arange(8.0)[:, None], found.rewards.shape
    )
    found = policies.Policies(SPACE, arrays)
    for gain in gains.of_operations(found, "normal"):
        assert gain.value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    "reports", [{"marginals": False}, {"effects": True}], ids=str
)
def test_what_is_no_independent_draw_has_no_interval(reports):
    arrays = histories.arrays(SPACE, 8, steps=40, strength=0.0, **reports)
    adapted = policies.Policies(SPACE, arrays)
    assert not adapted.draws_independently
    for kind in (gains.of_operations, gains.of_edges, gains.of_pairs):
        for gain in kind(adapted, "normal"):
            assert np.isnan([gain.low, gain.high]).all() and not gain.is_clear
    values = [each.value for each in gains.of_operations(adapted, "normal")]
    assert np.isfinite(values).all()


def test_policies_draw_independently(found):
    assert found.draws_independently
