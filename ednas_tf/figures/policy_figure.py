"""Tables of probabilities (Figure 4 of the paper) or effects as pictures."""

import matplotlib.collections
import matplotlib.patches
import numpy as np

from ednas_tf.figures import style
from ednas_tf.figures.tables import Table

#: Inches: width and height of a square, an average letter, a line of text.
_WIDE, _HIGH, _LETTER, _LINE = 0.5, 0.27, 0.068, 0.22
#: The height that the colour bar takes, and its width.
_BAR, _BAR_WIDE = 0.34, 1.2
#: The slope of the columns' names, in degrees, its sine and cosine.
_SLOPE, _SINE, _COSINE = 35, 0.574, 0.819


@style.styled
def draw(table: Table, epochs: list[int], within_nodes: bool = False):
    """The same table after several epochs, side by side, and a colour bar.

    All positions are computed here: a search draws many pictures, and the
    layout by matplotlib would take most of their time.

    Args:
      table: the table to draw.
      epochs: the epochs that are shown; 0 is the state before the first one.
      within_nodes: see `Table.shares`.

    Returns:
      A matplotlib figure.
    """
    # A caption stands above the value.
    high = _HIGH * (1.5 if any(table.captions) else 1) * table.height
    wide = _WIDE * table.width
    left = 0.2 + _LETTER * max(len(name) for _, name in table.rows)
    names = _LETTER * max((len(name) for _, name in table.columns), default=0)
    # How far the name of the last column reaches beyond it.
    beyond = max(0.1, _COSINE * names - _WIDE / 2 + 0.1)
    above = _SINE * names + (0.1 if names else 0.06)
    title = 0.15 + _LETTER * 1.15 * len(table.title)
    width = max(left + len(epochs) * (wide + beyond), title)
    height = high + above + 2 * _LINE + 0.1 + _BAR
    figure = style.figure(width, height, layout="none")
    shares = table.shares(within_nodes)
    for i, epoch in enumerate(epochs):
        at = left + i * (wide + beyond)
        place = (
            *(at / width, (0.06 + _BAR) / height),
            *(wide / width, high / height),
        )
        axis = figure.add_axes(place)
        _squares(axis, table, table.values[epoch], shares[epoch])
        _frame(axis, table, named=i == 0)
        when = f"epoch {epoch}" if epoch else "start"
        top = (0.08 + _BAR + high + above) / height
        figure.text(at / width, top, when)
    _colour_bar(figure, left, table.ends(within_nodes))
    figure.text(
        0.06 / width,
        1 - 0.06 / height,
        table.title,
        va="top",
        fontweight="bold",
        fontsize=10,
    )
    return figure


def _colour_bar(figure, left, ends):
    """What the colours mean, below the tables."""
    width, height = figure.get_size_inches()
    start = left + _LETTER * len(ends[0]) + 0.06
    place = start / width, 0.1 / height, _BAR_WIDE / width, 0.12 / height
    axis = figure.add_axes(place)
    axis.set_axis_off()
    axis.imshow(
        np.linspace(0, 1, 64)[np.newaxis], aspect="auto", cmap="cividis"
    )
    middle = 0.16 / height
    for x, text, side in (
        (start - 0.06, ends[0], "right"),
        (start + _BAR_WIDE + 0.06, ends[1], "left"),
    ):
        figure.text(x / width, middle, text, ha=side, va="center", fontsize=7.5)


def _squares(axis, table, values, shares):
    squares = [
        matplotlib.patches.Rectangle((x - 0.5, y - 0.5), 1, 1)
        for x, y in zip(table.x, table.y, strict=True)
    ]
    axis.add_collection(
        matplotlib.collections.PatchCollection(
            squares,
            facecolors=style.amount(shares),
            edgecolors="white",
            linewidths=1,
        )
    )
    for x, y, value, share, caption in zip(
        table.x, table.y, values, shares, table.captions, strict=True
    ):
        colour = style.on_amount(share)
        kept = {"ha": "center", "va": "center", "color": colour}
        if caption:
            axis.text(x, y - 0.22, caption, fontsize=6.5, **kept)
            y += 0.2
        text = style.number(value)
        if table.digits is not None:
            text = style.signed(value, table.digits)
        axis.text(x, y, text, fontsize=7.5, **kept)


def _frame(axis, table, named):
    axis.set_xlim(0, table.width)
    axis.set_ylim(table.height, 0)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0, labelcolor="#222222")
    axis.xaxis.tick_top()
    axis.set_xticks(
        [x for x, _ in table.columns],
        [name for _, name in table.columns],
        rotation=_SLOPE,
        ha="left",
        rotation_mode="anchor",
    )
    axis.set_yticks(
        [y for y, _ in table.rows],
        [name if named else "" for _, name in table.rows],
    )
