"""Probabilities as tables (Figure 4 of the paper), however they are drawn."""

import dataclasses
import math

import numpy as np

from ednas_tf.analysis import op_names
from ednas_tf.analysis.policies import EFFECTS, Policies, edge_name

#: The space between the nodes of a table, in rows.
_GAP = 0.35
#: The most choices of inputs in one row.
_WIDEST = 10


@dataclasses.dataclass(frozen=True)
class Table:
    """A table of squares of side 1, with y counted downwards.

    Attributes:
      title: names the cell and the kind of choices.
      x, y: [squares], the centre of each square.
      node: [squares], the node that each square belongs to.
      values: [epochs + 1, squares], the probabilities, nan if unknown; or
        differences in reward.
      captions: [squares], what stands above each value; empty for nothing.
      names: [squares], each choice in words.
      columns: (x, name) of every column that has a name.
      rows: (y, name) of every row that has a name.
      digits: number of digits after the point, of differences; None for
        probabilities.
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
    digits: int | None = None

    @property
    def width(self) -> float:
        return float(self.x.max()) + 0.5

    @property
    def height(self) -> float:
        return float(self.y.max()) + 0.5

    @property
    def limits(self) -> tuple[float, float]:
        """The values at both ends of the scale of colours.

        0 and 1 for probabilities; as far below 0 as above it for differences.
        They are the same at all epochs.
        """
        if self.digits is None:
            return 0.0, 1.0
        largest = float(np.max(np.abs(self.values), initial=0)) or 1.0
        return -largest, largest

    def shares(self, within_nodes: bool = False) -> np.ndarray:
        """Where each value lies on the scale of colours.

        Args:
          within_nodes: whether each node has a scale of its own in each epoch,
            from its least value to its largest one, as in Figure 4; by default
            the scale of all is that of `limits`.

        Returns:
          [epochs + 1, squares] from 0 to 1, nan if the value is unknown; 0.5
          if a node with its own scale has equal values only.
        """
        if within_nodes:
            return self._shares_of_nodes()
        low, high = self.limits
        return (self.values - low) / (high - low)

    def _shares_of_nodes(self):
        shares = np.where(np.isnan(self.values), np.nan, 0.5)
        for node in np.unique(self.node):
            own = self.node == node
            values = self.values[:, own]
            # Not nanmin, which warns if all are unknown.
            low = np.fmin.reduce(values, axis=-1, keepdims=True)
            high = np.fmax.reduce(values, axis=-1, keepdims=True)
            span = np.where(high > low, high - low, 1.0)
            scaled = (values - low) / span
            shares[:, own] = np.where(high > low, scaled, shares[:, own])
        return shares

    def ends(self, within_nodes: bool = False) -> tuple[str, str]:
        """What stands at the left and the right end of the colour bar."""
        if within_nodes:
            return "least of its node", "largest of its node"
        low, high = self.limits
        if self.digits is None:
            return f"{low:.0f}", f"{high:.0f}"
        return f"{low:+.{self.digits}f}", f"{high:+.{self.digits}f}"


def _title(policies, text):
    return text if policies.has_probabilities else f"{text}, as sampled"


def operations(policies: Policies, cell_type: str) -> Table:
    """A table with edges as rows and operations as columns."""
    space = policies.space
    num_ops = len(space.ops)
    nodes = np.array([node for _, node in space.edges])
    y = np.arange(len(nodes)) + 0.5 + _GAP * nodes
    names = [edge_name(space, edge) for edge in range(len(nodes))]
    return Table(
        title=_title(policies, f"{cell_type} cell: operations of each edge"),
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


def effects(policies: Policies, cell_type: str) -> Table:
    """Like `operations`, with what each operation is believed to be worth.

    The captions are the standard errors after the last epoch.
    """
    believed, errors = (
        policies.arrays[f"{kind}/operations/{cell_type}"].reshape(
            policies.epochs + 1, -1
        )
        for kind in EFFECTS
    )
    digits = _digits(errors[-1])
    return dataclasses.replace(
        operations(policies, cell_type),
        title=f"{cell_type} cell: effects of operations on the reward",
        values=believed,
        captions=tuple(f"±{error:.{digits}f}" for error in errors[-1]),
        digits=digits,
    )


def _digits(errors):
    """The number of digits that show two of a typical error, 0 to 6."""
    typical = float(np.median(errors))
    if typical <= 0:
        return 2
    # A little more: in 32 bits, 0.01 is less than 0.01.
    magnitude = math.floor(math.log10(typical * (1 + 1e-6)))
    return int(np.clip(1 - magnitude, 0, 6))


def structure(policies: Policies, cell_type: str) -> Table:
    """A table with nodes as rows, and the choices of their inputs in them."""
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
        title=_title(policies, f"{cell_type} cell: inputs of each node"),
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
