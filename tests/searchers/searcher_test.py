import numpy as np
import pytest

from ednas_tf import errors, searchers
from ednas_tf.searchers import policy_vectors, uniform
from ednas_tf.settings import schema
from ednas_tf.space import convolutional

SPACE = convolutional.convolutional(2, ("skip_connect", "max_pool_3x3"))


def made(name, seed=0, **settings):
    return searchers.make(name, SPACE, seed, schema.Policy(**settings))


def test_the_known_searchers():
    assert set(searchers.names()) >= {"ednas", "random"}
    assert type(made("ednas")) is policy_vectors.PolicyVectors
    assert type(made("random")) is uniform.Uniform


def test_settings_reach_the_searcher():
    searcher = made(
        "ednas",
        initial_stddev=2.0,
        baseline_decay=0.25,
        entropy_coefficient=0.5,
    )
    logits = np.concatenate(
        [np.ravel(variable) for variable in searcher.trainable_variables]
    )

    assert searcher.baseline_decay == 0.25
    assert searcher.entropy_coefficient == 0.5
    # Two cell types, each with 1 + 3 choices of edges and 5 edges x 2 ops.
    assert len(logits) == 28
    assert 1.0 < logits.std() < 3.0


def test_a_seed_fixes_the_start_and_another_changes_it():
    one, same, other = (
        made("ednas", seed).operations["normal"].numpy() for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, same)
    assert np.all(one != other)


@pytest.mark.parametrize(
    "refuse", [searchers.check, made], ids=["check", "make"]
)
def test_an_unknown_name_is_refused_with_the_nearest_one(refuse):
    with pytest.raises(errors.RequestError) as raised:
        refuse("randon")
    assert str(raised.value) == (
        "unknown searcher 'randon', did you mean 'random'? "
        "(one of: ednas, random)"
    )


def test_a_name_is_defined_once():
    with pytest.raises(ValueError, match="'random' is defined twice"):
        searchers.searcher("random")(lambda *_: None)
    assert type(made("random")) is uniform.Uniform
