"""Short trainings: loss and reward of each architecture, rung by rung."""

from collections.abc import Sequence

import numpy as np
from matplotlib import ticker

from ednas_tf.analysis import short_rungs, trainings
from ednas_tf.analysis.trainings import Training
from ednas_tf.figures import colours, style
from ednas_tf.space.genotype import Genotype

#: Colour and marker of the architectures from each origin.
_LOOKS = {
    trainings.RANDOM: (colours.GREY, "o"),
    trainings.SHARED: (colours.ORANGE, "s"),
    trainings.PROPOSED: (colours.BLUE, "^"),
}
#: Colours and marker of trainings for the verdict, what they are called, and
#: their place: by how much it is to the right of their number of steps.
_JUDGED = {
    trainings.CONTROL: (colours.GREY, "x", "random, for the verdict", 1.1),
    trainings.CONFIRMATION: (
        *(colours.VERMILION, "+"),
        *("result, for the verdict", 1.22),
    ),
}


@style.styled
def draw(
    done: Sequence[Training], found: Genotype | None, is_narrow: bool = False
):
    """Two plots over the number of steps: training loss, and reward.

    An architecture is a line, from rung to rung. The trainings for the verdict
    are marks in two columns to the right of the last rung.

    Args:
      done: the short trainings.
      found: the result of the search; None if there is none yet.
      is_narrow: whether the plots stand one above the other, for a phone.
    """
    figure = style.figure(*((4.4, 7.4) if is_narrow else (10.4, 4.0)))
    axes = figure.subplots(*((2, 1) if is_narrow else (1, 2)))
    lines = short_rungs.lines(done)
    titles = {
        "loss": "Training loss",
        "reward": "Reward on validation data",
    }
    for axis, (name, title) in zip(axes, titles.items(), strict=True):
        for origin, look in _LOOKS.items():
            own = [line for line in lines if line[0].origin == origin]
            if own:
                _lines(axis, own, name, look, short_rungs.FROM[origin])
        for line in lines:
            if line[0].genotype == found:
                _result(axis, line, name)
        _judged(axis, done, name)
        axis.set_title(title)
        _finish(axis, done)
    handles, labels = axes[0].get_legend_handles_labels()
    columns = 1 if is_narrow else 3
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)
    return figure


def _lines(axis, lines, name, look, label):
    """The lines of one origin, as a single path with gaps."""
    colour, marker = look
    steps, values = [], []
    for line in lines:
        steps += [*(each.steps for each in line), np.nan]
        values += [*(getattr(each, name) for each in line), np.nan]
    axis.plot(
        steps,
        values,
        color=colour,
        marker=marker,
        markersize=4,
        linewidth=0.9,
        alpha=0.75,
        markeredgewidth=0,
        label=label,
    )


def _result(axis, line, name):
    axis.plot(
        [each.steps for each in line],
        [getattr(each, name) for each in line],
        color=colours.VERMILION,
        marker="D",
        markersize=5,
        linewidth=2,
        label="result",
    )


def _judged(axis, done, name):
    for purpose, (colour, marker, label, place) in _JUDGED.items():
        own = short_rungs.of_purpose(done, purpose)
        if own:
            axis.plot(
                [place * each.steps for each in own],
                [getattr(each, name) for each in own],
                color=colour,
                marker=marker,
                markersize=6,
                markeredgewidth=1.3,
                linestyle="none",
                label=label,
            )


def _finish(axis, done):
    steps = sorted({each.steps for each in done})
    axis.set_xscale("log")
    axis.set_xlim(0.85 * steps[0], 1.35 * steps[-1])
    axis.xaxis.set_major_locator(ticker.FixedLocator(steps))
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axis.xaxis.set_minor_locator(ticker.NullLocator())
    axis.set_xlabel("steps of training")
    axis.grid()
    axis.tick_params(length=0)
