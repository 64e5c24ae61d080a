"""What the name of an operation says of it."""

#: Families without weights of their own that can take a search over, as they
#: work before any weight has been trained.
_WITHOUT_WEIGHTS = ("max", "avg", "skip", "identity", "none")


def family(op: str) -> str:
    """The first word of an operation's name."""
    return op.split("_")[0]


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
