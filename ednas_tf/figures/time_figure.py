"""Every choice of a cell over the epochs, as small multiples."""

import math

import numpy as np

from ednas_tf.analysis import op_names
from ednas_tf.analysis.policies import INPUTS, OPERATIONS, Policies, Vector
from ednas_tf.figures import colours, style

#: The number of plots side by side: the first one that leaves no hole. Then
#: that on a narrow screen.
_COLUMNS, _NARROW = (7, 6, 5, 4), (2,)
#: Points of a line. More could not be seen and would make the file larger.
_MOST_POINTS = 100


@style.styled
def operations(policies: Policies, cell_type: str, is_narrow: bool = False):
    """A plot for each edge, with a line for each operation."""
    vectors = policies.vectors(cell_type, OPERATIONS)
    ops = policies.space.ops
    looks = colours.lines(ops)
    figure, axes = _grid(len(vectors), is_narrow, legend=True)
    for axis, vector in zip(axes, vectors, strict=True):
        lines = [_line(axis, vector, i, *look) for i, look in enumerate(looks)]
        axis.set_title(vector.place)
    names = [op_names.short(op) for op in ops]
    figure.legend(
        lines, names, loc="outside lower left", ncols=2 if is_narrow else 4
    )
    _title(figure, f"{cell_type} cell: operations", is_narrow)
    return figure


@style.styled
def structure(policies: Policies, cell_type: str, is_narrow: bool = False):
    """A plot for each node with a choice of inputs, which is coloured."""
    vectors = [
        vector
        for vector in policies.vectors(cell_type, INPUTS)
        if len(vector.choices) > 1
    ]
    figure, axes = _grid(len(vectors), is_narrow, legend=False)
    for axis, vector in zip(axes, vectors, strict=True):
        leading = int(np.argmax(vector.probabilities[-1]))
        for i in range(len(vector.choices)):
            if i != leading:
                _line(axis, vector, i, colours.PALE)
        _line(axis, vector, leading, colours.BLUE)
        inputs = vector.choices[leading].replace(", ", " + ")
        axis.set_title(f"{vector.place}: {inputs} leads")
    _title(figure, f"{cell_type} cell: inputs", is_narrow)
    return figure


def _grid(count, is_narrow, legend):
    possible = _NARROW if is_narrow else _COLUMNS
    whole = (n for n in possible if count % n == 0)
    columns = next(whole, min(count, possible[0]))
    rows = math.ceil(count / columns)
    height = 1.35 * rows + (0.95 if legend else 0.6)
    if legend and is_narrow:
        height += 0.4
    least = 3.5 if is_narrow else 4.5
    figure = style.figure(max(least, 1.5 * columns + 0.5), height)
    axes = figure.subplots(
        rows, columns, sharex=True, sharey=True, squeeze=False
    ).ravel()
    for axis in axes[count:]:
        axis.set_visible(False)
    for axis in axes[:count]:
        axis.set_ylim(0, 1)
        axis.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
        axis.grid(axis="y")
        axis.tick_params(length=0)
        axis.xaxis.get_major_locator().set_params(integer=True, nbins=4)
    # The last plot of a column is named, also above a hole in the last row.
    for i in range(count - columns, count):
        axes[i].tick_params(labelbottom=True)
        axes[i].set_xlabel("epoch")
    return figure, axes[:count]


def _line(axis, vector: Vector, i, colour, dashes="-"):
    rows = shown_rows(len(vector.probabilities))
    values = vector.probabilities[rows, i]
    # Unknown (nan) in an epoch that never sampled the edge: passed over.
    known = np.isfinite(values)
    (line,) = axis.plot(
        rows[known],
        values[known],
        color=colour,
        linestyle=dashes,
        linewidth=1.2,
    )
    return line


def shown_rows(count: int, most: int = _MOST_POINTS) -> np.ndarray:
    """At most so many row numbers, evenly spaced, with the first and last."""
    rows = np.linspace(0, count - 1, min(count, most))
    return np.unique(rows.round().astype(int))


def _title(figure, text, is_narrow):
    # A narrow figure has no room for more, and its axes say the rest.
    if not is_narrow:
        text += " over the epochs"
    figure.suptitle(text, x=0.01, ha="left", fontweight="bold")
