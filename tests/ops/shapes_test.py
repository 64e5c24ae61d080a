import itertools

import pytest
import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets import plan, stem
from ednas_tf.ops import identity, shapes

SIZES = [(8, 8), (7, 9), (1, 2)]


def computed(stages, shape):
    """The shapes that TensorFlow computes from an image of zeros, by stage."""
    x = tf.zeros([1, *shape])
    for stage in stages:
        if isinstance(stage, ops.Stage):
            x = stage.forward(x, *map(tf.zeros, stage.weights))
            yield tuple(x.shape[1:])


def declared(stages, shape):
    for stage in stages:
        if isinstance(stage, ops.Stage):
            shape = stage.output_shape(shape)
            yield shape


def assert_same(stages, shape):
    assert list(declared(stages, shape)) == list(computed(stages, shape))


@pytest.mark.parametrize("name", ops.names())
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_operations_declare_the_shapes_that_they_compute(name, stride, size):
    assert_same(ops.stages(name, 6, stride), (*size, 6))


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_preprocessors_declare_the_shapes_that_they_compute(size):
    assert_same(plan.pointwise(3, 8), (*size, 3))
    assert_same(identity.factorized_reduction(3, 5), (*size, 3))


@pytest.mark.parametrize("name", ["cifar", "imagenet"])
@pytest.mark.parametrize("size", [(32, 32), (45, 51)], ids=str)
def test_stems_and_heads_declare_the_shapes_that_they_compute(name, size):
    made = stem.make(name, 3, 4)
    assert_same(list(itertools.chain(*made.parts)), (*size, 3))
    assert_same(made.auxiliary_stages(8), (*size, 8))


@pytest.mark.parametrize(
    "output_shape, expected",
    [
        (shapes.same, (7, 10, 3)),
        (shapes.padded(), (7, 10, 3)),
        (shapes.padded(2), (4, 5, 3)),
        (shapes.padded((1, 3), 8), (7, 4, 8)),
        (shapes.within(3), (5, 8, 3)),
        (shapes.within(3, 2, 8), (3, 4, 8)),
    ],
)
def test_rules_by_hand(output_shape, expected):
    assert output_shape((7, 10, 3)) == expected
