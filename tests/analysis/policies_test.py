import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.analysis import policies
from tests.analysis import histories

SPACE = histories.SMALL


@pytest.fixture
def arrays():
    return histories.arrays(SPACE, 3)


def checked(arrays, space=SPACE):
    return policies.checked(arrays, space.num_nodes, space.ops, "policy.npz")


def test_vectors_have_the_names_that_a_person_reads(arrays):
    vectors = checked(arrays).vectors()
    assert [v.name for v in vectors[:7]] == [
        *("normal node 2", "normal node 3"),
        *("normal edge 0→2", "normal edge 1→2"),
        *("normal edge 0→3", "normal edge 1→3", "normal edge 2→3"),
    ]
    assert vectors[1].choices == ("0, 1", "0, 2", "1, 2")
    assert vectors[-1].choices == SPACE.ops
    assert all(len(v.probabilities) == 4 for v in vectors)


def test_recurrent_cells_have_one_input_a_node():
    space = histories.RECURRENT
    vectors = checked(histories.arrays(space, 1), space).vectors()
    assert vectors[2].name == "recurrent node 3"
    assert vectors[2].choices == ("0", "1", "2")
    assert vectors[-1].name == "recurrent edge 7→8"


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


def test_an_older_version_is_told_of(arrays):
    del arrays["epoch/rewards"]
    refused(arrays, "epoch/rewards, found none: an older version")


def test_architectures_may_be_missing(arrays):
    del arrays["epoch/architectures"]
    assert checked(arrays).architectures is None


@pytest.mark.parametrize("name", ["baseline", "epoch/rewards"])
def test_missing_epochs_are_told_of(arrays, name):
    arrays[name] = arrays[name][:-1]
    refused(arrays, f"{name}: expected . rows, .* epochs are missing")


def test_another_space_is_told_of(arrays):
    with pytest.raises(errors.RequestError, match=r"shape \[2, 2, 5, 3\]"):
        policies.checked(arrays, 2, ("a", "b", "c"), "policy.npz")


def test_unknown_cells_are_told_of(arrays):
    del arrays["probabilities/operations/reduction"]
    refused(arrays, r"found those of the cells \['normal'\]")


def test_numbers_that_are_not_finite_are_told_of(arrays):
    arrays["baseline"][1] = np.nan
    refused(arrays, "baseline: expected finite numbers")
