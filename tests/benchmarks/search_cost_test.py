import pytest

from benchmarks import search_cost
from ednas_tf.nets import counting
from ednas_tf.space import published


def test_the_total_of_a_search():
    cost = search_cost.Cost(
        *("images", 10.0, 28.0),
        epochs=3,
        child=5,
        policy=2,
        policy_passes=2,
        candidates=7,
    )
    assert cost.total == 3 * 5 * 28 + (3 * 2 * 2 + 7) * 10


def test_a_word_costs_what_the_derived_network_multiplies():
    costs = search_cost.text_costs()
    found = counting.count_language(
        published.published("ednas_ptb"), hidden=300, words=10_000
    )
    assert costs["here"].forward == found.multiply_adds
    # 36 products of a state with a matrix in place of 8, of 180,000 each.
    more = costs["authors"].forward - costs["here"].forward
    assert more == (36 - 8) * 300 * 600


@pytest.mark.parametrize(
    "dataset, nodes, child", [("cifar10", 4, 40_000), ("imagenet2012", 5, None)]
)
def test_an_image_costs_the_same_where_the_nodes_are(dataset, nodes, child):
    costs = search_cost.image_costs(dataset)
    here, authors = costs["here"], costs["authors"]
    assert (here.forward == authors.forward) == (nodes == 4)
    assert authors.forward >= here.forward
    if child:
        assert authors.child == child
        assert authors.policy_passes == 2 * here.policy_passes
    # Whole batches of the images that are not kept apart.
    assert 0 <= 1_081_167 - here.child < 200 or here.child == 312 * 128
