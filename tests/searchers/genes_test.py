import collections

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.nets import architectures
from ednas_tf.searchers.genes import Genes
from ednas_tf.space import spaces

SPACES = "convolutional", "recurrent", "nas_bench_201"


@pytest.mark.parametrize("name", SPACES)
def test_genes_and_architectures_are_the_same_thing(name):
    space = spaces.default(name)
    genes = Genes(space)
    for seed in range(20):
        drawn = genes.uniform([seed, 0])
        architecture = genes.decode(drawn)
        # It is one of the space, and comes back.
        architectures.to_genotype(space, architecture).validate(space)
        np.testing.assert_array_equal(genes.encode(architecture), drawn)


def test_the_number_of_choices_is_that_of_the_space():
    for name in SPACES:
        space = spaces.default(name)
        sizes = Genes(space).sizes
        assert np.prod(sizes) == space.size() ** len(space.cell_types)


def test_all_architectures_are_equally_likely():
    genes = Genes(spaces.make("nas_bench_201", 1, ("none", "skip_connect")))
    draw = tf.function(genes.uniform)
    drawn = [tuple(draw(tf.constant([s, 1])).numpy()) for s in range(400)]
    counts = collections.Counter(drawn)
    assert set(counts) == {(0, 0), (0, 1)}
    assert 160 < counts[0, 0] < 240


def test_a_mutation_changes_one_gene_to_any_of_its_other_values():
    # Genes: combinations of 2 and of 2 states; operations on 3 edges.
    space = spaces.make("convolutional", 2, ("skip_connect", "sep_conv_3x3"))
    genes = Genes(space)
    start = genes.uniform([0, 0])
    mutate = tf.function(genes.mutate)
    found = collections.Counter()
    for seed in range(900):
        moved = mutate(start, tf.constant([seed, 5])).numpy()
        (place,) = np.flatnonzero(moved != start.numpy())
        assert 0 <= moved[place] < genes.sizes[place]
        found[int(place), int(moved[place])] += 1
    several = np.flatnonzero(genes.sizes > 1)
    assert {place for place, _ in found} == set(several.tolist())
    assert len(found) == (genes.sizes[several] - 1).sum()
    of_gene = collections.Counter()
    for (place, _), count in found.items():
        of_gene[place] += count
    expected = 900 / len(several)
    assert all(0.7 * expected < n < 1.3 * expected for n in of_gene.values())


def test_an_architecture_without_alternatives_stays_as_it_is():
    genes = Genes(spaces.make("nas_bench_201", 1, ("none",)))
    assert genes.mutate(genes.uniform([0, 0]), [1, 1]).numpy().tolist() == [
        0,
        0,
    ]
