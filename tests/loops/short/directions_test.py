"""What is known of each choice before any short training."""

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import searchers, tasks
from ednas_tf.loops.short import directions
from ednas_tf.searchers.thompson_sampling import ThompsonSampling
from ednas_tf.settings import resolve
from ednas_tf.space import published


@pytest.fixture(scope="module")
def task():
    settings = resolve.resolve(
        "digits",
        overrides="search.network.cells=3,search.network.channels=4",
    )
    return tasks.make(settings)


def test_weights_of_operations_add_up_to_those_of_networks(task):
    space = task.space
    found = directions.numbers_of_weights(task)
    normal = found["operations/normal"]
    assert normal.shape == (len(space.edges), len(space.ops))
    assert (normal == normal[0]).all()
    ops = {op: normal[0, i] for i, op in enumerate(space.ops)}
    assert ops["max_pool_3x3"] == ops["avg_pool_3x3"]
    assert ops["sep_conv_5x5"] > ops["sep_conv_3x3"] > ops["max_pool_3x3"]

    def parameters(name):
        return task.count(published.published(name)).parameters

    def counted(name):
        return sum(
            found[f"operations/{cell_type}"][0, space.ops.index(edge.op)]
            for cell_type, cell in published.published(name).cells.items()
            for node in cell.nodes
            for edge in node
        )

    # The stem and the other cell count the same for both.
    difference = counted("darts_v1") - counted("darts_v2")
    assert difference == pytest.approx(
        parameters("darts_v1") - parameters("darts_v2"), rel=0.1
    )


def test_policies_say_what_they_prefer(task):
    settings = resolve.resolve(
        "digits", overrides="policy.initial_stddev=1,policy.learning_rate=0.1"
    )
    policies = searchers.make(task.space, 0, settings)
    found = directions.preferences(policies)
    for name, probabilities in policies.marginals().items():
        np.testing.assert_allclose(
            np.exp(found[name]), probabilities, rtol=1e-5
        )


def test_a_model_says_its_effects(task):
    searcher = ThompsonSampling(task.space)
    seeds = [tf.constant([0, i]) for i in range(8)]
    proposed = list(map(searcher.propose, seeds))
    searcher.update(proposed, tf.range(8.0), comparable=True)
    found = directions.preferences(searcher)
    effects = searcher.beliefs()
    assert {f"effects/{name}" for name in found} < effects.keys()
    for name, values in found.items():
        np.testing.assert_array_equal(values, effects[f"effects/{name}"])


def test_random_search_says_nothing(task):
    settings = resolve.resolve("digits", overrides="search.searcher=random")
    searcher = searchers.make(task.space, 0, settings)
    assert directions.known(task, None).keys() == {directions.WEIGHTS}
    assert directions.known(task, searcher).keys() == {directions.WEIGHTS}
