"""Whether a network can be made of a genotype, whatever space it is from."""

from collections.abc import Iterable

from ednas_tf.space import cell_space, checks, genotype


def check(
    described: genotype.Genotype,
    known_ops: Iterable[str],
    space: cell_space.CellSpace,
) -> None:
    """Checks that the cells can be built.

    Cells may differ in their numbers of nodes, nodes in their numbers of
    edges; a node may take one state twice, and the output leave nodes out.

    Args:
      described: the genotype.
      known_ops: names of the operations that an edge may carry.
      space: of it count the cell types, the inputs and the most edges into a
        node. That all cell types are there is not checked.

    Raises:
      GenotypeError: names the place, what was expected and what found.
    """
    known_ops = tuple(known_ops)
    for cell_type, cell in described.cells.items():
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
