"""What each operation and each edge earned, with its confidence interval."""

import numpy as np

from ednas_tf.analysis import gains
from ednas_tf.analysis.policies import Policies
from ednas_tf.figures import colours, style

_TITLES = {
    gains.of_operations: "One more edge with the operation",
    gains.of_edges: "Keeping the edge rather than others of its node",
}


@style.styled
def draw(policies: Policies, cell_type: str, reward: str):
    """A plot of operations and, where inputs are chosen, one of edges.

    A clear gain, whose interval lies on one side of 0, is blue if the choice
    earned more and vermilion if it earned less; all others are grey. Without
    independent draws there are no intervals.

    Args:
      policies: the policies of all epochs.
      cell_type: the type of the cell.
      reward: what a reward is, such as "accuracy".
    """
    kinds = [gains.of_operations]
    if policies.chooses_inputs:
        kinds.append(gains.of_edges)
    found = [kind(policies, cell_type) for kind in kinds]
    rows = [len(each) for each in found]
    height = 0.8 + 0.4 * len(rows) + 0.19 * sum(rows)
    figure = style.figure(4.9, height)
    axes = figure.subplots(len(rows), 1, height_ratios=rows, squeeze=False)
    for axis, kind, each in zip(axes[:, 0], kinds, found, strict=True):
        _intervals(axis, each)
        axis.set_title(_TITLES[kind])
    axes[-1, 0].set_xlabel(f"difference in reward ({reward})")
    title = f"{cell_type} cell: gain in reward"
    if policies.draws_independently:
        title += ", with 95 % confidence"
    figure.suptitle(
        title,
        x=0.01,
        ha="left",
        fontweight="bold",
    )
    return figure


def _intervals(axis, found):
    axis.axvline(0, color=colours.INK, linewidth=0.8)
    for i, gain in enumerate(found):
        if np.isnan(gain.value):
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
        if gain.is_clear:
            more = gain.value > 0
            colour = colours.BLUE if more else colours.VERMILION
            marker = ">" if more else "<"
        axis.plot([gain.low, gain.high], [i, i], color=colour)
        axis.plot(gain.value, i, marker=marker, color=colour, markersize=4)
    axis.set_yticks(range(len(found)), [each.name for each in found])
    axis.set_ylim(len(found) - 0.4, -0.6)
    axis.grid(axis="x")
    axis.tick_params(length=0)
    axis.tick_params(axis="y", labelcolor=colours.INK)
    axis.xaxis.get_major_locator().set_params(nbins=5)
