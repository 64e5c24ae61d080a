"""What each operation and each edge earned, with its confidence interval."""

import numpy as np

from ednas_tf.analysis import gains
from ednas_tf.analysis.policies import Policies
from ednas_tf.figures import colours, style


@style.styled
def draw(policies: Policies, cell_type: str):
    """Two plots, of operations above and of edges below.

    What is clear, that is, has an interval on one side of 0, is blue where it
    earned more and vermilion where it earned less; the rest is grey.
    """
    operations = gains.of_operations(policies, cell_type)
    edges = gains.of_edges(policies, cell_type)
    rows = len(operations), len(edges)
    figure = style.figure(4.9, 1.6 + 0.19 * sum(rows))
    above, below = figure.subplots(2, 1, height_ratios=rows)
    _intervals(above, operations)
    above.set_title("One more edge with the operation")
    _intervals(below, edges)
    below.set_title("Keeping the edge rather than others of its node")
    below.set_xlabel("difference in reward")
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
            axis.annotate(
                "nothing to compare",
                (0, i),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
            )
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
