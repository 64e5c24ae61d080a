"""What was sampled in each part of a search (Figure 5 of the paper)."""

import numpy as np

from ednas_tf.analysis import op_names
from ednas_tf.analysis.policies import Policies, edge_name
from ednas_tf.figures import colours, style

#: Inches: the width of a bar, and of a plot without its bars.
_BAR, _FRAME = 0.34, 0.9


def sums(policies: Policies, cell_type: str, every: int) -> np.ndarray:
    """How often each operation stood on each edge in each part of a search.

    Child steps and policy steps are added up, as both sample architectures.

    Args:
      policies: the policies of the search.
      cell_type: the cell that is counted.
      every: the number of epochs of a part; the last part may have fewer.

    Returns:
      [parts, edges, operations].
    """
    cell = policies.space.cell_types.index(cell_type)
    counts = policies.counts[:, :, cell].sum(1)
    starts = np.arange(0, policies.epochs, every)
    return np.add.reduceat(counts, starts, axis=0)


@style.styled
def edges(policies: Policies, cell_type: str, every: int):
    """A bar for each edge: how often it was sampled, by parts of the search."""
    space = policies.space
    found = sums(policies, cell_type, every).sum(-1)
    names = [edge_name(space, edge) for edge in range(len(space.edges))]
    crowded = len(names) > 20
    wide = _BAR * (0.7 if crowded else 1)
    figure = _bars(found, names, every, policies.epochs, wide)
    figure.axes[0].set_xlabel("edge")
    figure.axes[0].tick_params(axis="x", rotation=90 if crowded else 0)
    _divide(figure.axes[0], [node for _, node in space.edges])
    _title(figure, f"{cell_type} cell: how often each edge was sampled")
    return figure


@style.styled
def operations(policies: Policies, cell_type: str, every: int):
    """A bar for each operation: how often it was sampled, by parts."""
    found = sums(policies, cell_type, every).sum(1)
    names = [op_names.short(op) for op in policies.space.ops]
    figure = _bars(found, names, every, policies.epochs, 1.6 * _BAR)
    figure.axes[0].tick_params(axis="x", rotation=20)
    for label in figure.axes[0].get_xticklabels():
        label.set(ha="right", rotation_mode="anchor")
    _title(figure, f"{cell_type} cell: how often each operation was sampled")
    return figure


def _bars(found, names, every, epochs, wide):
    """Stacked bars of [parts, bars], with the first part at the bottom."""
    figure = style.figure(max(5.2, _FRAME + 1.1 + wide * len(names)), 2.7)
    axis = figure.subplots()
    shades = style.amount(np.linspace(0.08, 0.95, len(found)))
    bottom = np.zeros(len(names))
    for i, (part, shade) in enumerate(zip(found, shades, strict=True)):
        first, last = i * every + 1, min((i + 1) * every, epochs)
        label = f"{first}–{last}" if last > first else f"{first}"
        axis.bar(
            names, part, bottom=bottom, color=shade, width=0.78, label=label
        )
        bottom += part
    axis.set_ylabel("times sampled")
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axis.grid(axis="y")
    axis.tick_params(length=0)
    axis.margins(x=0.01)
    # The last part is on top of the bars, and of the legend.
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(
        handles[::-1],
        labels[::-1],
        title="epochs",
        loc="outside right upper",
        fontsize=8,
        alignment="left",
    )
    return figure


def _divide(axis, nodes):
    """Draws lines between the edges of different nodes."""
    for i, (one, other) in enumerate(zip(nodes, nodes[1:], strict=False)):
        if one != other:
            axis.axvline(i + 0.5, color=colours.PALE, linewidth=0.6)


def _title(figure, text):
    figure.suptitle(text, x=0.01, ha="left", fontweight="bold")
