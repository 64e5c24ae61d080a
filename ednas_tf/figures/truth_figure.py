"""A search against the truth: its regret, and what it believes of choices."""

import collections

import numpy as np

from ednas_tf.analysis import op_names
from ednas_tf.analysis.truth import Truth
from ednas_tf.figures import colours, style

#: The markers of a family's operations, which share their colour.
_MARKERS = ("o", "s", "^", "D")


@style.styled
def regret(truth: Truth):
    """The points of test accuracy that are missing, over time."""
    means, best = truth.regret()
    figure = style.figure(5.1, 2.8)
    axis = figure.subplots()
    epochs, evaluations = truth.policies.rewards.shape
    x, label = truth.spent, "simulated seconds of training"
    mine = "best found"
    if x is None:
        x, label = np.arange(1, best.size + 1), "judged architectures"
        mine = "highest reward of its epoch"
    ends = x[evaluations - 1 :: evaluations]
    axis.step(x, 100 * best, color=colours.BLUE, where="post", label=mine)
    axis.plot(
        ends,
        100 * means,
        color=colours.VERMILION,
        linestyle="--",
        marker="o" if epochs < 30 else None,
        markersize=3,
        label="mean of an epoch",
    )
    # Logarithmic, but linear below a tenth of a point: it may reach 0.
    axis.set_yscale("symlog", linthresh=0.1)
    axis.set_ylim(bottom=-0.005)
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    budget = truth.record.setting("table.seconds")
    if truth.spent is not None and isinstance(budget, float):
        # What was looked up beyond it does not count.
        axis.set_xlim(0, budget)
    axis.set_xlabel(label)
    axis.set_title("Points of test accuracy below the best of the table")
    axis.grid()
    axis.legend()
    return figure


@style.styled
def effects(truth: Truth):
    """The true effect of each choice, and what the search knows of it."""
    figure = style.figure(5.1, 3.2)
    axis, used = figure.subplots(), collections.Counter()
    found = [e for e in truth.effects() if e.seen()[0] == e.seen()[0]]
    for op in truth.policies.space.ops:
        own = [each for each in found if each.op == op]
        if not own:
            continue
        x = np.array([100 * each.true for each in own])
        y, low, high = 100 * np.array([each.seen() for each in own]).T
        family = op_names.family(op)
        axis.errorbar(
            x,
            y,
            np.nan_to_num([y - low, high - y]),
            fmt=_MARKERS[used[family] % len(_MARKERS)],
            markersize=4,
            elinewidth=0.7,
            color=colours.colour(op),
            label=op_names.short(op),
        )
        used[family] += 1
    for line in (axis.axhline, axis.axvline):
        line(0, color=colours.INK, linewidth=0.8)
    axis.set_xlabel("true effect, points of validation accuracy")
    axis.set_ylabel(
        "effect that the searcher believes in, points"
        if truth.policies.has_effects
        else "difference in reward, points"
    )
    axis.set_title("Each operation on each edge: the truth and the search")
    axis.grid()
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure
