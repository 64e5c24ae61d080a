"""Colours that a colour-blind person can tell apart: Okabe and Ito's."""

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
#: Families without weights of their own that can take a search over, as they
#: work before any weight has been trained.
_WITHOUT_WEIGHTS = ("max", "avg", "skip", "identity", "none")


def family(op: str) -> str:
    """The first word of an operation's name."""
    return op.split("_")[0]


def colour(op: str) -> str:
    """Of an operation; black where its family is unknown."""
    return _FAMILIES.get(family(op), BLACK)


def letters(op: str) -> str:
    """Of an operation's name: its colour, darker where that is pale."""
    return _LETTERS.get(colour(op), colour(op))


def is_large(op: str) -> bool:
    """Whether an operation has the larger kernel of its family.

    Such are dashed or hatched, as they share their colour.
    """
    return op.endswith(("5x5", "7x7"))


def has_weights(op: str) -> bool:
    """Whether an operation has weights, as far as its name tells."""
    return family(op) not in _WITHOUT_WEIGHTS


def short(op: str) -> str:
    """An operation's name without its underscores."""
    return op.replace("_", " ")
