"""Policies as tables (Figure 4 of the paper), wherever they are drawn."""

import dataclasses

import numpy as np

from ednas_tf.analysis import op_names
from ednas_tf.analysis.policies import Policies, edge_name

#: Space between the nodes of a table, in rows.
_GAP = 0.35
#: Choices in a row of a table of edges.
_WIDEST = 10


@dataclasses.dataclass(frozen=True)
class Table:
    """A table of squares of side 1, y counting downwards.

    Attributes:
      title: says of which cell.
      x, y: [cells], where the squares' centres are.
      node: [cells], the node that a square belongs to.
      values: [epochs + 1, cells], the probabilities.
      captions: [cells], what stands above a value, "" for nothing.
      names: [cells], what a square is, in words.
      columns: (x, name) of every column that has one.
      rows: (y, name) of every row.
    """

    title: str
    x: np.ndarray
    y: np.ndarray
    node: np.ndarray
    values: np.ndarray
    captions: tuple[str, ...]
    names: tuple[str, ...]
    columns: tuple[tuple[float, str], ...]
    rows: tuple[tuple[float, str], ...]

    @property
    def width(self) -> float:
        return float(self.x.max()) + 0.5

    @property
    def height(self) -> float:
        return float(self.y.max()) + 0.5

    def shares(self) -> np.ndarray:
        """[epochs + 1, cells] from 0 to 1, scaled within the cells of a node.

        As the colours of Figure 4; where all are the same, 0.5.
        """
        shares = np.full(self.values.shape, 0.5)
        for node in np.unique(self.node):
            own = self.node == node
            low = self.values[:, own].min(-1, keepdims=True)
            high = self.values[:, own].max(-1, keepdims=True)
            span = np.where(high > low, high - low, 1.0)
            scaled = (self.values[:, own] - low) / span
            shares[:, own] = np.where(high > low, scaled, 0.5)
        return shares


def operations(policies: Policies, cell_type: str) -> Table:
    """Edges as rows, operations as columns."""
    space = policies.space
    num_ops = len(space.ops)
    nodes = np.array([node for _, node in space.edges])
    y = np.arange(len(nodes)) + 0.5 + _GAP * nodes
    names = [edge_name(space, edge) for edge in range(len(nodes))]
    return Table(
        title=f"{cell_type} cell: operations of each edge",
        x=np.tile(np.arange(num_ops) + 0.5, len(nodes)),
        y=np.repeat(y, num_ops),
        node=np.repeat(nodes, num_ops),
        values=policies.operations(cell_type).reshape(policies.epochs + 1, -1),
        captions=("",) * (len(nodes) * num_ops),
        names=tuple(
            f"edge {name}, {op_names.short(op)}"
            for name in names
            for op in space.ops
        ),
        columns=tuple(
            (i + 0.5, op_names.short(op)) for i, op in enumerate(space.ops)
        ),
        rows=tuple(zip(map(float, y), names, strict=True)),
    )


def structure(policies: Policies, cell_type: str) -> Table:
    """Nodes as rows, the choices of their inputs side by side."""
    space = policies.space
    x, y, nodes, captions, rows, top = [], [], [], [], [], 0.5
    for node in range(space.num_nodes):
        choices = space.edge_choices(node)
        rows.append((top, f"node {space.num_inputs + node}"))
        for i, sources in enumerate(choices):
            x.append(i % _WIDEST + 0.5)
            y.append(top + i // _WIDEST)
            nodes.append(node)
            captions.append(" + ".join(map(str, sources)))
        top += 1 + (len(choices) - 1) // _WIDEST + _GAP
    values = [
        policies.structure(cell_type, node) for node in range(space.num_nodes)
    ]
    return Table(
        title=f"{cell_type} cell: inputs of each node",
        x=np.array(x),
        y=np.array(y),
        node=np.array(nodes),
        values=np.concatenate(values, axis=1),
        captions=tuple(captions),
        names=tuple(
            f"node {space.num_inputs + node} from {caption}"
            for node, caption in zip(nodes, captions, strict=True)
        ),
        columns=(),
        rows=tuple(rows),
    )
