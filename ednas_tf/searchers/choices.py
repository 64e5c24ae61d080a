"""The choices that make up an architecture, numbered in one vector.

A choice is an operation on an edge, or a combination of edges that a node
keeps. An example of a space with one cell type, two inputs, two nodes that keep
one edge each, and the operations a and b:

    number   0   1   2   3   4   5   6   7   8   9    10  11  12  13  14
    choice  0→2 0→2 1→2 1→2 0→3 0→3 1→3 1→3 2→3 2→3   node 2  node 3
             a   b   a   b   a   b   a   b   a   b    {0} {1} {0} {1} {2}

The architecture that puts b on 0→2 and a on 2→3 makes the choices 1, 8, 10 and
14. Choices of further cell types follow.
"""

import functools
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from ednas_tf.nets import architectures
from ednas_tf.nets.architectures import Architecture, Sampled
from ednas_tf.space.cell_space import CellSpace


class Choices:
    """Numbers the choices of a space; values of choices add up.

    The value of an architecture is the sum of the values of its choices.

    Args:
      space: the space of the cells.

    Attributes:
      count: number of choices.
      parts: name -> where the choices of this name stand and their shape, in
        the form of `Searcher.marginals`.
      is_operation: bool [count].
    """

    def __init__(self, space: CellSpace):
        self.space = space
        self.parts: dict[str, tuple[slice, tuple[int, ...]]] = {}
        end = 0
        for cell_type in space.cell_types:
            shapes = {
                f"operations/{cell_type}": (len(space.edges), len(space.ops))
            }
            for node in range(space.num_nodes):
                name = f"structure/{cell_type}/node_{node}"
                shapes[name] = (len(space.edge_choices(node)),)
            for name, shape in shapes.items():
                start, end = end, end + int(np.prod(shape))
                self.parts[name] = slice(start, end), shape
        self.count = end
        self.is_operation = np.zeros(end, bool)
        for cell_type in space.cell_types:
            self.is_operation[self.parts[f"operations/{cell_type}"][0]] = True

    def made(self, architecture: Architecture) -> tf.Tensor:
        """The choices of an architecture, float64 [count], 1 or 0 each."""
        counted = architectures.count(self.space, architecture)
        found = []
        for i, cell_type in enumerate(self.space.cell_types):
            found.append(tf.reshape(counted[i], [-1]))
            for node in range(self.space.num_nodes):
                same = architectures.kept_choice(
                    self.space, architecture[cell_type], node
                )
                found.append(tf.cast(same, tf.int64))
        return tf.cast(tf.concat(found, 0), tf.float64)

    def best(self, values: tf.Tensor) -> Architecture:
        """The architecture whose choices have the largest sum of values.

        It is exact: nodes do not depend on each other, and a combination of
        edges is best with the best operation on each of them.

        Args:
          values: float64 [count].
        """
        space, found = self.space, {}
        first_edges = tf.constant(space.first_edges(), tf.int32)
        for cell_type in space.cell_types:
            sources = []
            for node in range(space.num_nodes):
                combinations = tf.constant(space.edge_choices(node), tf.int32)
                totals = self._totals(values, cell_type, node)
                sources.append(combinations[tf.argmax(totals)])
            sources = tf.concat(sources, 0)
            table = self._table(values, cell_type)
            ops = tf.argmax(table, -1, output_type=tf.int32)
            found[cell_type] = Sampled(
                sources, tf.gather(ops, sources + first_edges)
            )
        return found

    def best_shares(self, values: tf.Tensor) -> dict[str, tf.Tensor]:
        """How often each choice is the best one of several draws.

        For a node it is the best combination of edges with the best operations
        on them; for an edge the best operation, whether it is kept or not.

        Args:
          values: float64 [draws, count].

        Returns:
          Shares in the form of `Searcher.marginals`, float32.
        """
        found = {}
        for cell_type in self.space.cell_types:
            for node in range(self.space.num_nodes):
                totals = self._totals(values, cell_type, node)
                name = f"structure/{cell_type}/node_{node}"
                found[name] = _shares(totals)
            table = self._table(values, cell_type)
            found[f"operations/{cell_type}"] = _shares(table)
        return found

    def _table(self, values, cell_type):
        """The values of operations, [..., edges, ops]."""
        where, shape = self.parts[f"operations/{cell_type}"]
        leading = values.shape[:-1]
        return tf.reshape(values[..., where], [*leading, *shape])

    def _totals(self, values, cell_type, node):
        """The best value that each combination of edges can have, [..., n]."""
        combinations = np.array(self.space.edge_choices(node))
        edges = self.space.first_edge(node) + combinations
        best = tf.reduce_max(self._table(values, cell_type), -1)
        where, _ = self.parts[f"structure/{cell_type}/node_{node}"]
        kept = tf.gather(best, edges, axis=-1)
        return values[..., where] + tf.reduce_sum(kept, -1)

    def split(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Values [count] in the form of `Searcher.marginals`."""
        return {
            name: np.reshape(values[where], shape)
            for name, (where, shape) in self.parts.items()
        }

    def join(self, named: Mapping) -> np.ndarray:
        """The inverse of `split`, float64 [count].

        Args:
          named: values by name; those of absent names are 0.

        Raises:
          ValueError: a name is unknown, or a shape is wrong.
        """
        joined = np.zeros(self.count)
        for name, values in named.items():
            if name not in self.parts:
                raise ValueError(
                    f"expected names such as {next(iter(self.parts))}, found "
                    f"{name}"
                )
            where, shape = self.parts[name]
            if np.shape(values) != shape:
                raise ValueError(
                    f"{name}: expected the shape {list(shape)}, found "
                    f"{list(np.shape(values))}"
                )
            joined[where] = np.ravel(values)
        return joined

    @functools.cached_property
    def contrasts(self) -> np.ndarray:
        """Values -> how much better each choice is than its alternatives.

        An operation is compared with the mean of all operations on its edge; a
        combination of edges, with the mean operation on each of them, is
        compared with the mean of all combinations. These contrasts add up to
        the value of an architecture, except for a constant of the space.

        It is a matrix [count, count], by which the values are multiplied.
        """
        space = self.space
        num_ops = len(space.ops)
        centred = np.eye(num_ops) - 1 / num_ops
        matrix = np.zeros((self.count, self.count))
        for cell_type in space.cell_types:
            where, shape = self.parts[f"operations/{cell_type}"]
            matrix[where, where] = np.kron(np.eye(shape[0]), centred)
            for node in range(space.num_nodes):
                own, (size,) = self.parts[f"structure/{cell_type}/node_{node}"]
                totals = np.zeros((size, self.count))
                totals[:, own] = np.eye(size)
                for i, sources in enumerate(space.edge_choices(node)):
                    for source in sources:
                        edge = space.first_edge(node) + source
                        start = where.start + edge * num_ops
                        totals[i, start : start + num_ops] = 1 / num_ops
                matrix[own] = totals - totals.mean(0)
        return matrix

    @functools.cached_property
    def frequencies(self) -> np.ndarray:
        """How likely each choice is if all architectures are, [count].

        With them, the variance of an architecture's value is the sum over
        frequency * contrast**2.
        """
        space, found = self.space, {}
        for cell_type in space.cell_types:
            kept = np.zeros(len(space.edges))
            for node in range(space.num_nodes):
                choices = np.array(space.edge_choices(node))
                name = f"structure/{cell_type}/node_{node}"
                found[name] = np.full(len(choices), 1 / len(choices))
                np.add.at(
                    kept, space.first_edge(node) + choices, 1 / len(choices)
                )
            each = kept[:, np.newaxis] / len(space.ops)
            found[f"operations/{cell_type}"] = np.repeat(
                each, len(space.ops), axis=1
            )
        return self.join(found)


def _shares(values):
    """How often each of the last axis is the largest along the first one."""
    best = tf.one_hot(tf.argmax(values, -1), values.shape[-1])
    return tf.reduce_mean(best, 0)
