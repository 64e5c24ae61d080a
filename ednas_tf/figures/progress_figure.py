"""Rewards, and how open the choices are, over the epochs."""

import numpy as np

from ednas_tf.analysis import policy_reading
from ednas_tf.analysis.policies import INPUTS, OPERATIONS, Policies
from ednas_tf.figures import colours, style
from ednas_tf.figures.time_figure import shown_rows


@style.styled
def draw(policies: Policies):
    """Two plots, one above the other, over the same epochs."""
    figure = style.figure(5.1, 4.6)
    above, below = figure.subplots(2, 1, sharex=True)
    _rewards(above, policies)
    _open(below, policies)
    below.set_xlabel("epoch")
    below.xaxis.get_major_locator().set_params(integer=True)
    for axis in (above, below):
        axis.grid()
        axis.tick_params(length=0)
        axis.margins(x=0.01)
        if axis.get_legend_handles_labels()[0]:
            axis.legend(loc="lower right" if axis is above else "lower left")
    return figure


def _rewards(axis, policies):
    rows = shown_rows(policies.epochs)
    rewards = policies.rewards[rows]
    low, high = np.percentile(rewards, (10, 90), axis=-1)
    axis.fill_between(
        rows + 1,
        low,
        high,
        color=colours.SKY,
        alpha=0.35,
        linewidth=0,
        label="10 to 90 %",
    )
    mark = "o" if len(rows) < 3 else None
    axis.plot(
        rows + 1,
        rewards.mean(-1),
        color=colours.BLUE,
        marker=mark,
        label="mean",
    )
    if policies.baseline is not None:
        axis.plot(
            rows + 1,
            policies.baseline[rows + 1],
            color=colours.VERMILION,
            linestyle="--",
            linewidth=1.2,
            label="baseline",
        )
    axis.set_title("Rewards of the sampled architectures")


def _open(axis, policies):
    rows = shown_rows(policies.epochs + 1)
    for i, cell_type in enumerate(policies.space.cell_types):
        for kind, dashes in ((OPERATIONS, "-"), (INPUTS, "--")):
            vectors = policies.vectors(cell_type, kind)
            shares = policy_reading.open_share(vectors)
            if shares is not None:
                axis.plot(
                    rows,
                    shares[rows],
                    color=colours.ORDER[i % len(colours.ORDER)],
                    linestyle=dashes,
                    label=f"{cell_type}: {kind}",
                )
    axis.set_ylim(0, 1.03)
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    if policies.has_probabilities:
        line = policy_reading.UNDECIDED
        axis.axhline(line, color=colours.PALE, linewidth=0.8)
        axis.set_title("Open choices, exp(entropy), as a share of all choices")
    else:
        axis.set_title(
            "Variety of sampled choices: exp(entropy) of their shares"
        )
