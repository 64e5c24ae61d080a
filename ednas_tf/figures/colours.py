"""Colours that a colour-blind person can tell apart: Okabe and Ito's."""

from ednas_tf.analysis import op_names

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE, INK = "#666666", "#bbbbbb", "#222222"

#: Cell types, and runs that are compared, in the order that they come in.
ORDER = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)

#: The operations of a family have one colour, as far as their names tell.
_FAMILIES = {
    "sep": BLUE,
    "dil": GREEN,
    "max": VERMILION,
    "avg": ORANGE,
    "conv": PURPLE,
    "skip": GREY,
    "tanh": BLUE,
    "relu": GREEN,
    "sigmoid": VERMILION,
    "identity": GREY,
}
#: The same for letters on white, dark enough to read.
_LETTERS = {
    GREEN: "#00694D",
    VERMILION: "#A84A00",
    ORANGE: "#8A5F00",
    PURPLE: "#94406E",
}


def colour(op: str) -> str:
    """Of an operation; black where its family is unknown."""
    return _FAMILIES.get(op_names.family(op), BLACK)


def letters(op: str) -> str:
    """Of an operation's name: its colour, darker where that is pale."""
    return _LETTERS.get(colour(op), colour(op))
