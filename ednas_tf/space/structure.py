"""Checks whether a network can be built from a genotype of any space."""

from collections.abc import Iterable

from ednas_tf.space import cell_space, checks
from ednas_tf.space.genotype import Genotype


def check(
    genotype: Genotype,
    known_ops: Iterable[str],
    space: cell_space.CellSpace,
) -> None:
    """Checks that the cells can be built.

    Cells may differ in their numbers of nodes, and nodes in their numbers of
    edges. A node may use a state twice, and the output may omit nodes.

    Args:
      genotype: the genotype.
      known_ops: names of the operations that edges may carry.
      space: the space, of which only the cell types, the number of inputs and
        the largest number of edges into a node matter. Whether all cell types
        are present is not checked.

    Raises:
      GenotypeError: a cell cannot be built; the message names the place, and
        what was expected and found.
    """
    known_ops = tuple(known_ops)
    for cell_type, cell in genotype.cells.items():
        checks.check_known("cell type", cell_type, space.cell_types, "cells")
        where = f"cells.{cell_type}"
        _check_count(
            f"{where}.nodes", cell.nodes, cell_space.MOST_NODES, "node"
        )
        for i, node in enumerate(cell.nodes):
            _check_node(node, f"{where}.nodes[{i}]", i, known_ops, space)
        _check_output(cell, f"{where}.output", space.num_inputs)


def _check_count(where, parts, most, name):
    count = len(parts)
    expected = f"at most {most} {name}{'s' if most > 1 else ''}"
    checks.expect(where, count <= most, expected, count)


def _check_node(node, where, i, known_ops, space):
    checks.expect(where, node, "at least one edge", node)
    _check_count(where, node, space.most_edges, "edge")
    for j, edge in enumerate(node):
        states = space.num_inputs + i
        checks.expect_in(f"{where}[{j}].from", 0, states, edge.source)
        checks.check_op(edge.op, known_ops, f"{where}[{j}].op")


def _check_output(cell, where, num_inputs):
    output = list(cell.output)
    checks.expect(where, output, "at least one state", output)
    for i, state in enumerate(output):
        num_states = num_inputs + len(cell.nodes)
        checks.expect_in(f"{where}[{i}]", num_inputs, num_states, state)
    checks.expect(
        where, len(set(output)) == len(output), "different states", output
    )
