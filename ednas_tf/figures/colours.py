"""Colours that a colour-blind person can tell apart: Okabe and Ito's."""

import collections
from collections.abc import Sequence

from ednas_tf.analysis import op_names

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE, INK = "#666666", "#bbbbbb", "#222222"

#: Colours for cell types, or for searches that are compared, in their order.
ORDER = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)

#: The colour of a family of operations, as far as families are known.
_FAMILIES = {
    "sep": BLUE,
    "nor": BLUE,
    "dil": GREEN,
    "max": VERMILION,
    "avg": ORANGE,
    "conv": PURPLE,
    "skip": GREY,
    "none": PALE,
    "tanh": BLUE,
    "relu": GREEN,
    "sigmoid": VERMILION,
    "identity": GREY,
}
#: Colours of other families in a plot with a legend, in their order.
_OTHERS = (BLACK, SKY, PURPLE, YELLOW, ORANGE, GREEN, VERMILION, BLUE)
#: The same colours for letters on white, dark enough to read.
_LETTERS = {
    GREEN: "#00694D",
    VERMILION: "#A84A00",
    ORANGE: "#8A5F00",
    PURPLE: "#94406E",
    PALE: GREY,
}
#: The lines of a family's operations, in the order of their names.
_DASHES = ("-", (0, (3, 1.2)), (0, (1, 1)), (0, (5, 1, 1, 1)))


def colour(op: str) -> str:
    """The colour of an operation; black if its family is unknown."""
    return _FAMILIES.get(op_names.family(op), BLACK)


def letters(op: str) -> str:
    """The colour of an operation's name: `colour`, darkened if it is pale."""
    return _LETTERS.get(colour(op), colour(op))


def lines(ops: Sequence[str]) -> list[tuple[str, object]]:
    """Colour and line style for each operation of a plot, all different.

    Operations of a family share their colour; unknown families get one each.
    """
    unknown = [
        family
        for family in dict.fromkeys(map(op_names.family, ops))
        if family not in _FAMILIES
    ]
    found, used = {}, collections.Counter()
    for op in sorted(ops):
        family = op_names.family(op)
        if family in _FAMILIES:
            drawn = _FAMILIES[family]
        else:
            drawn = _OTHERS[unknown.index(family) % len(_OTHERS)]
        found[op] = drawn, _DASHES[used[family] % len(_DASHES)]
        used[family] += 1
    return [found[op] for op in ops]
