"""Policy tables as pictures (Figure 4 of the paper)."""

import matplotlib.collections
import matplotlib.patches

from ednas_tf.monitor import look
from ednas_tf.monitor.tables import Table

#: Inches of a square, and of what stands around a table.
_WIDE, _HIGH, _LEFT, _TOP = 0.5, 0.27, 0.55, 0.85


@look.styled
def draw(table: Table, epochs: list[int]):
    """The same table after several epochs, side by side.

    Args:
      table: to draw.
      epochs: rows of its values; 0 is the start.

    Returns:
      A matplotlib figure.
    """
    # A caption stands above the value.
    high = _HIGH * (1.5 if any(table.captions) else 1)
    one = max(_WIDE * table.width + 0.15, 2.2)
    top = _TOP if table.columns else 0.45
    figure = look.figure(
        _LEFT + len(epochs) * one, high * table.height + top + 0.2
    )
    axes = figure.subplots(1, len(epochs), squeeze=False)[0]
    shares = table.shares()
    for axis, epoch in zip(axes, epochs, strict=True):
        _squares(axis, table, table.values[epoch], shares[epoch])
        _frame(axis, table, named=axis is axes[0])
        told = f"epoch {epoch}" if epoch else "start"
        axis.set_title(told, pad=4, fontweight="normal", loc="left")
    figure.suptitle(table.title, x=0.01, ha="left", fontweight="bold")
    return figure


def _squares(axis, table, values, shares):
    squares = [
        matplotlib.patches.Rectangle((x - 0.5, y - 0.5), 1, 1)
        for x, y in zip(table.x, table.y, strict=True)
    ]
    axis.add_collection(
        matplotlib.collections.PatchCollection(
            squares,
            facecolors=look.amount(shares),
            edgecolors="white",
            linewidths=1,
        )
    )
    for x, y, value, share, caption in zip(
        table.x, table.y, values, shares, table.captions, strict=True
    ):
        colour = look.on_amount(share)
        kept = {"ha": "center", "va": "center", "color": colour}
        if caption:
            axis.text(x, y - 0.22, caption, fontsize=6.5, **kept)
            y += 0.2
        axis.text(x, y, look.number(value), fontsize=7.5, **kept)


def _frame(axis, table, named):
    axis.set_xlim(0, table.width)
    axis.set_ylim(table.height, 0)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0, labelcolor="#222222")
    axis.xaxis.tick_top()
    axis.set_xticks(
        [x for x, _ in table.columns],
        [name for _, name in table.columns],
        rotation=35,
        ha="left",
        rotation_mode="anchor",
    )
    axis.set_yticks(
        [y for y, _ in table.rows],
        [name if named else "" for _, name in table.rows],
    )
