"""The rungs of successive halving: how many are trained, and for how long."""

from typing import NamedTuple

from ednas_tf import errors
from ednas_tf.settings.short_settings import Short

#: Number of trainings of the architecture with the most weights, for the
#: verdict.
LARGEST = 2


class Rung(NamedTuple):
    """A rung.

    Attributes:
      count: number of architectures.
      begin, end: number of steps that they have done before it, and after it.
    """

    count: int
    begin: int
    end: int


def plan(short: Short) -> list[Rung]:
    """Plans the rungs: half of the architectures, twice the steps.

    With 12 architectures, 3 rungs and 400 steps:

        rung           0    1    2
        count         12    6    3
        steps before   0  100  200
        steps after  100  200  400

    Raises:
      RequestError: there are too few architectures or steps for the rungs, or
        their shares make more than a whole.
    """
    halvings = 2 ** (short.rungs - 1)
    if short.trainings < 2 * halvings:
        raise errors.RequestError(
            f"search.short.trainings: expected at least {2 * halvings} for "
            f"{short.rungs} rungs, so that two are left in the last one, found "
            f"{short.trainings}; lower search.short.rungs"
        )
    shares = short.random_share + short.shared_share
    if shares > 1 + 1e-9:
        raise errors.RequestError(
            "search.short.random_share, search.short.shared_share: expected at "
            f"most 1 together, found {shares:g}; lower one of them"
        )
    if short.steps < halvings:
        raise errors.RequestError(
            f"search.short.steps: expected at least {halvings} for "
            f"{short.rungs} rungs, found {short.steps}; lower "
            "search.short.rungs"
        )
    ends = [short.steps // 2**i for i in reversed(range(short.rungs))]
    counts = [short.trainings // 2**i for i in range(short.rungs)]
    return [
        Rung(count, begin, end)
        for count, begin, end in zip(counts, [0, *ends], ends, strict=False)
    ]


def steps(short: Short) -> int:
    """Number of steps of all trainings together, those of the verdict too."""
    planned = plan(short)
    return (
        sum(rung.count * (rung.end - rung.begin) for rung in planned)
        + short.repeats * planned[0].end
        + (short.controls + short.confirmations + LARGEST) * short.steps
    )


def count(short: Short) -> int:
    """Number of all trainings, each rung of an architecture being one."""
    return (
        sum(rung.count for rung in plan(short))
        + short.repeats
        + short.controls
        + short.confirmations
        + LARGEST
    )
