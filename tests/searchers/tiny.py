"""Spaces small enough for a test to go through all their architectures."""

import itertools

import numpy as np
import tensorflow as tf

from ednas_tf.nets.architectures import Architecture, Sampled
from ednas_tf.searchers.policy_vectors import PolicyVectors
from ednas_tf.space import recurrent
from ednas_tf.space.cell_space import CellSpace

OPS = ("a", "b")

#: Three choices of edges in all, and two operations on each of four edges.
CONVOLUTIONAL = CellSpace("tiny", "convolutional", ("normal",), 2, (2, 2), OPS)
#: Two choices of an edge for node 1 and three for node 2; three operations.
RECURRENT = recurrent.recurrent(3, OPS)
#: Nodes that keep different numbers of edges, of which one makes the output.
UNEVEN = CellSpace(
    "uneven", "convolutional", ("only",), 1, (1, 1, 2), OPS, output=(3,)
)


def softmax(logits: np.ndarray) -> np.ndarray:
    """The softmax over the last axis, by numpy."""
    return np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)


def vectors(space: CellSpace, stddev: float = 1.0) -> PolicyVectors:
    """Policy vectors of a space, far from the uniform ones by default."""
    return PolicyVectors(space, seed=3, initial_stddev=stddev)


def architectures(space: CellSpace) -> list[Architecture]:
    """Every architecture of a space with one cell type."""
    (cell_type,) = space.cell_types
    choices = map(space.edge_choices, range(space.num_nodes))
    ops = itertools.product(range(len(space.ops)), repeat=space.num_slots)
    return [
        {cell_type: Sampled(tf.constant(sum(nodes, ())), tf.constant(each))}
        for nodes, each in itertools.product(
            itertools.product(*choices), tuple(ops)
        )
    ]
