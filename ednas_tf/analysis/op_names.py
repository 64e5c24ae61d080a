"""What the name of an operation reveals about it."""

#: Families without weights. They work before anything has been trained, so
#: that they can take over a search.
_WITHOUT_WEIGHTS = ("max", "avg", "skip", "identity", "none")


def family(op: str) -> str:
    """The first word of an operation's name."""
    return op.split("_")[0]


def is_large(op: str) -> bool:
    """Whether an operation has the larger kernel of its family.

    The members of a family share a colour; its larger kernels are dashed.
    """
    return op.endswith(("5x5", "7x7"))


def has_weights(op: str) -> bool:
    """Whether an operation has weights, judging by its name."""
    return family(op) not in _WITHOUT_WEIGHTS


def short(op: str) -> str:
    """An operation's name with spaces in place of underscores."""
    return op.replace("_", " ")
