"""What is said in a terminal: a line an epoch, of a search a few at the end."""

import collections
import math
import statistics
import time
from collections.abc import Callable, Sequence

from ednas_tf.analysis import agreement, op_names, policy_reading, story
from ednas_tf.analysis.policies import Policies

#: Epochs that tell how long one takes: the first of a process compiles.
_RECENT = 5


class Pace:
    """How long the epochs of this process take.

    Args:
      clock: () -> seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._last = clock()
        self._seconds = collections.deque(maxlen=_RECENT)

    def left(self, epochs: int) -> float:
        """Seconds that so many epochs will take; call it after every epoch."""
        now = self._clock()
        self._seconds.append(now - self._last)
        self._last = now
        return epochs * statistics.median(self._seconds)


def epoch_line(policies: Policies, planned: int, seconds_left: float) -> str:
    """What matters of the last epoch, in one line.

    Args:
      policies: up to this epoch.
      planned: epochs in all.
      seconds_left: of all epochs that are left.
    """
    rewards = policies.rewards[-1]
    leading = ", ".join(
        f"{cell_type} {op_names.short(op)} {share:.0%}"
        for cell_type in policies.space.cell_types
        for op, share in _leading(policies, cell_type)[:1]
    )
    left = story.duration(seconds_left)
    return (
        f"epoch {policies.epochs}/{planned}: reward {rewards.mean():.4f} "
        f"(baseline {policies.baseline[-1]:.4f}), "
        f"{_open(policies, 'edge'):.0%} of operations and "
        f"{_open(policies, 'node'):.0%} of inputs open, {leading}"
        + (f", {left} left" if policies.epochs < planned else "")
    )


def training_line(
    epoch: int,
    planned: int,
    trained: dict[str, float],
    measure: str,
    validated: tuple[float, float] | None,
    seconds_left: float,
) -> str:
    """How good a network in training is, in one line.

    Args:
      epoch: that has ended, from 1 on.
      planned: epochs in all.
      trained: means over the last steps, by name.
      measure: name of what is validated.
      validated: that of this epoch, and the best so far; None if no data are
        kept for it.
      seconds_left: of all epochs that are left.
    """
    means = ", ".join(f"{name} {each:.4f}" for name, each in trained.items())
    line = f"epoch {epoch}/{planned}: training {means}"
    if validated:
        now, best = validated
        line += f"; validation {measure} {now:.4f} (best {best:.4f})"
    left = story.duration(seconds_left)
    return line + (f", {left} left" if epoch < planned else "")


def closing_summary(policies: Policies, candidates: Sequence) -> str:
    """What the search came to, in a few lines.

    Args:
      policies: of all epochs.
      candidates: with `reward` and `validation_reward`.
    """
    means = policies.rewards.mean(-1)
    stages = policy_reading.stages(policies.vectors())
    lines = [
        f"searched {policies.epochs} epochs: mean reward {means[0]:.4f} at "
        f"first, {means[-1]:.4f} at last, {means.max():.4f} at best (epoch "
        f"{int(means.argmax()) + 1})",
        "policy vectors: "
        + ", ".join(f"{count} {name}" for name, count in stages.items()),
    ]
    for cell_type in policies.space.cell_types:
        told = ", ".join(
            f"{op_names.short(op)} {share:.0%}"
            for op, share in _leading(policies, cell_type)[:3]
        )
        lines.append(f"{cell_type} cell: {told}")
    agreed = agreement.agreement(candidates)
    if agreed is not None and not math.isnan(agreed.correlation):
        lines.append(
            "rewards on one minibatch and on the validation split: rank "
            f"correlation {agreed.correlation:.2f} ({agreed.low:.2f} to "
            f"{agreed.high:.2f}) of the best {agreed.pairs}"
        )
    return "\n".join(lines)


def _leading(policies, cell_type):
    """Operations and their shares of the kept edges, the largest first."""
    shares = policy_reading.op_shares(policies, cell_type)[-1]
    ops = zip(policies.space.ops, map(float, shares), strict=True)
    return sorted(ops, key=lambda each: -each[1])


def _open(policies, kind):
    """The mean share of choices that are open in vectors of edges or nodes."""
    shares = [
        policy_reading.open_choices(vector.probabilities[-1])
        / len(vector.choices)
        for vector in policies.vectors()
        if vector.place.startswith(kind) and len(vector.choices) > 1
    ]
    # A space of one choice has nothing open.
    return float(sum(shares) / len(shares)) if shares else 0.0
