"""What each operation and each edge earned, with its confidence interval."""

import numpy as np

from ednas_tf.monitor import colours, look, marginals
from ednas_tf.monitor.policies import Policies


@look.styled
def draw(policies: Policies, cell_type: str):
    """Two plots side by side, of operations and of edges.

    What is clear, that is, has an interval on one side of 0, is blue where it
    earned more and vermilion where it earned less; the rest is grey.
    """
    operations = marginals.of_operations(policies, cell_type)
    edges = marginals.of_edges(policies, cell_type)
    rows = max(len(operations), len(edges))
    figure = look.figure(7.2, 1.0 + 0.185 * rows)
    left, right = figure.subplots(1, 2)
    _intervals(left, operations)
    left.set_title("one more edge with the operation")
    _intervals(right, edges)
    right.set_title("keeping the edge")
    figure.suptitle(
        f"{cell_type} cell: gain in reward, with 95 % confidence",
        x=0.01,
        ha="left",
        fontweight="bold",
    )
    return figure


def _intervals(axis, found):
    axis.axvline(0, color=colours.INK, linewidth=0.8)
    for i, marginal in enumerate(found):
        if np.isnan(marginal.gain):
            axis.text(0, i, " nothing to compare", va="center", fontsize=7)
            continue
        colour, marker = colours.GREY, "o"
        if marginal.is_clear:
            more = marginal.gain > 0
            colour = colours.BLUE if more else colours.VERMILION
            marker = ">" if more else "<"
        axis.plot([marginal.low, marginal.high], [i, i], color=colour)
        axis.plot(marginal.gain, i, marker=marker, color=colour, markersize=4)
    axis.set_yticks(range(len(found)), [each.name for each in found])
    axis.set_ylim(len(found) - 0.4, -0.6)
    axis.grid(axis="x")
    axis.tick_params(length=0)
    axis.tick_params(axis="y", labelcolor=colours.INK)
    axis.xaxis.get_major_locator().set_params(nbins=5)
    axis.set_xlabel("difference in reward")
