import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.analysis import policies, policy_checks
from tests.analysis import histories

SPACE = histories.SMALL


@pytest.fixture
def arrays():
    return histories.arrays(SPACE, 3)


def checked(arrays, space=SPACE):
    return policy_checks.checked(arrays, space, "policy.npz")


def test_vectors_have_the_names_that_a_person_reads(arrays):
    vectors = checked(arrays).vectors()
    assert [v.name for v in vectors[:7]] == [
        *("normal node 2", "normal node 3"),
        *("normal edge 0->2", "normal edge 1->2"),
        *("normal edge 0->3", "normal edge 1->3", "normal edge 2->3"),
    ]
    assert vectors[1].choices == ("0, 1", "0, 2", "1, 2")
    assert vectors[-1].choices == SPACE.ops
    assert all(len(v.probabilities) == 4 for v in vectors)


def test_vectors_of_one_cell_and_kind(arrays):
    found = checked(arrays)
    vectors = found.vectors("reduction", policies.INPUTS)
    assert [v.name for v in vectors] == ["reduction node 2", "reduction node 3"]
    operations = found.vectors(kind=policies.OPERATIONS)
    assert len(operations) == 10
    assert all(v.place.startswith("edge") for v in operations)


def test_recurrent_cells_have_one_input_a_node():
    space = histories.RECURRENT
    vectors = checked(histories.arrays(space, 1), space).vectors()
    assert vectors[2].name == "recurrent node 3"
    assert vectors[2].choices == ("0", "1", "2")
    assert vectors[-1].name == "recurrent edge 7->8"


def test_kept_edges_add_up_to_those_of_a_node(arrays):
    found = checked(arrays)
    kept = found.kept("reduction")
    np.testing.assert_allclose(kept[:, :2], 1, rtol=1e-6)
    np.testing.assert_allclose(kept[:, 2:].sum(-1), 2, rtol=1e-6)
    pairs = found.structure("reduction", 1)
    np.testing.assert_allclose(kept[:, 3], pairs[:, 0] + pairs[:, 2])


def refused(arrays, match):
    with pytest.raises(errors.RequestError, match=match):
        checked(arrays)


@pytest.mark.parametrize(
    "name",
    [
        *("epoch/rewards", "epoch/architectures"),
        "probabilities/operations/reduction",
    ],
)
def test_a_history_of_an_older_version_lacks_arrays(arrays, name):
    del arrays[name]
    refused(arrays, f"{name}, found none: an older version")


def test_architectures_by_nodes_are_those_of_an_older_version(arrays):
    slots = arrays["epoch/architectures"]
    arrays["epoch/architectures"] = slots.reshape(*slots.shape[:4], 2, 2)
    refused(arrays, "expected 5 dimensions, found 6: an older version of")


def test_before_the_first_epoch_there_is_nothing_to_see(arrays):
    start = {k: v[:1] for k, v in arrays.items() if not k.startswith("epoch/")}
    refused(start, "at least one epoch, found none; if the search was")


def test_architectures_without_their_rewards(arrays):
    arrays["epoch/rewards"] = arrays["epoch/rewards"][:, 1:]
    refused(arrays, "as many architectures as rewards, found 6 and 5")


@pytest.mark.parametrize("name", ["baseline", "epoch/rewards"])
def test_missing_epochs_are_refused(arrays, name):
    arrays[name] = arrays[name][:-1]
    refused(arrays, f"{name}: expected . rows, .* epochs are missing")


def test_another_space_is_refused(arrays):
    other = histories.with_ops(SPACE, ("a", "b", "c"))
    with pytest.raises(errors.RequestError, match=r"shape \[2, 2, 5, 3\]"):
        checked(arrays, other)


def test_numbers_that_are_not_finite_are_refused(arrays):
    arrays["baseline"][1] = np.nan
    refused(arrays, "baseline: expected finite numbers")


def test_a_searcher_may_report_neither_probabilities_nor_a_baseline():
    space = histories.UNEVEN
    found = checked(histories.arrays(space, 3, marginals=False), space)
    assert not found.has_probabilities and found.baseline is None
    assert found.first_row == 1
    assert [v.name for v in found.vectors()[:4]] == [
        *("body node 1", "body node 2", "body node 3", "body edge 0->1")
    ]


def test_effects_stand_beside_the_probabilities():
    arrays = histories.arrays(SPACE, 3, effects=True)
    found = checked(arrays)
    assert found.has_effects
    node, edge = found.vectors()[1], found.vectors()[4]
    name = "structure/normal/node_3"
    np.testing.assert_array_equal(node.effects, arrays[f"effects/{name}"])
    errors_of = arrays["effect_errors/operations/normal"][:, 2]
    np.testing.assert_array_equal(edge.effect_errors, errors_of)
    assert edge.name == "normal edge 0->3"


def test_effects_are_optional(arrays):
    found = checked(arrays)
    assert not found.has_effects
    assert all(v.effects is v.effect_errors is None for v in found.vectors())


def test_effects_are_whole_and_have_errors():
    name = "effect_errors/structure/normal/node_3"
    for change, match in (
        (lambda a: None, f"{name}, found none"),
        (lambda a: a[:, :2], r"expected rows of shape \[3\]"),
        (lambda a: -a, "expected standard errors"),
        (lambda a: a * np.nan, "expected finite numbers"),
        (lambda a: a.astype(int), "expected numbers of another type"),
    ):
        arrays = histories.arrays(SPACE, 3, effects=True)
        changed = change(arrays.pop(name))
        if changed is not None:
            arrays[name] = changed
        refused(arrays, match)


def test_whether_inputs_are_chosen(arrays):
    assert checked(arrays).chooses_inputs
    full = histories.arrays(histories.FULL, 1)
    assert not checked(full, histories.FULL).chooses_inputs


@pytest.mark.filterwarnings("error")
def test_numbers_of_16_bits_are_checked_without_a_warning():
    arrays = histories.arrays(histories.SMALL, 2)
    arrays["epoch/rewards"] = arrays["epoch/rewards"].astype(np.float16)
    found = policy_checks.checked(arrays, histories.SMALL, "policy.npz")
    assert found.rewards.dtype == np.float16
    arrays["epoch/rewards"][0, 0] = np.inf
    with pytest.raises(errors.RequestError, match="expected finite numbers"):
        policy_checks.checked(arrays, histories.SMALL, "policy.npz")
