"""What a terminal shows: a line for each epoch, and a summary at the end."""

import collections
import math
import statistics
import time
from collections.abc import Callable, Sequence

from ednas_tf.analysis import agreement, op_names, policy_reading, story
from ednas_tf.analysis.candidates import Candidate
from ednas_tf.analysis.policies import INPUTS, OPERATIONS, Policies

#: The number of epochs that the time left is estimated from. The first epoch of
#: a process compiles, and should soon not count any more.
_RECENT = 5


class Pace:
    """How long the epochs of this process take.

    Args:
      clock: returns seconds.
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
    """What matters about the last epoch, in one line.

    Args:
      policies: the policies up to this epoch.
      planned: the number of epochs of the whole search.
      seconds_left: the estimated time of all epochs that are left.
    """
    parts = [f"reward {policies.rewards[-1].mean():.4f}"]
    if policies.baseline is not None:
        parts[0] += f" (baseline {policies.baseline[-1]:.4f})"
    if policies.has_probabilities:
        parts += _open(policies)
    leading = [
        (cell_type, *policy_reading.leading_ops(policies, cell_type)[0])
        for cell_type in policies.space.cell_types
    ]
    common = ", ".join(
        f"{cell_type} {op_names.short(op)} {share:.0%}"
        for cell_type, op, share in leading
    )
    known = policies.has_probabilities
    parts.append(common if known else f"most sampled: {common}")
    if policies.epochs < planned:
        parts.append(f"{story.duration(seconds_left)} left")
    return f"epoch {policies.epochs}/{planned}: {', '.join(parts)}"


def _open(policies):
    """How many choices are open, if there are any: "5% of inputs open"."""
    found = []
    for kind in (OPERATIONS, INPUTS):
        shares = policy_reading.open_share(policies.vectors(kind=kind))
        if shares is not None:
            found.append(f"{shares[-1]:.0%} of {kind}")
    return [f"{' and '.join(found)} open"] if found else []


def training_line(
    epoch: int,
    planned: int,
    trained: dict[str, float],
    measure: str,
    validated: tuple[float, float] | None,
    seconds_left: float,
) -> str:
    """How good a network is after an epoch of training, in one line.

    Args:
      epoch: the epoch that has ended, from 1 on.
      planned: the number of epochs of the whole training.
      trained: means over the last steps, by name.
      measure: the name of the validation measure.
      validated: that measure after this epoch, and the best so far; None if no
        data are kept for validation.
      seconds_left: the estimated time of all epochs that are left.
    """
    means = ", ".join(f"{name} {each:.4f}" for name, each in trained.items())
    line = f"epoch {epoch}/{planned}: training {means}"
    if validated:
        now, best = validated
        line += f"; validation {measure} {now:.4f} (best {best:.4f})"
    left = story.duration(seconds_left)
    return line + (f", {left} left" if epoch < planned else "")


def closing_summary(policies: Policies, candidates: Sequence[Candidate]) -> str:
    """The result of a search in a few lines.

    Args:
      policies: the policies of all epochs.
      candidates: what the result was chosen from.
    """
    means = policies.rewards.mean(-1)
    lines = [
        f"searched {policies.epochs} epochs: mean reward {means[0]:.4f} in the "
        f"first, {means[-1]:.4f} in the last, {means.max():.4f} in the best "
        f"(epoch {int(means.argmax()) + 1})"
    ]
    if policies.has_probabilities:
        stages = policy_reading.stages(policies.vectors())
        counts = ", ".join(f"{count} {name}" for name, count in stages.items())
        lines.append(f"policy vectors: {counts}")
    for cell_type in policies.space.cell_types:
        leading = ", ".join(
            f"{op_names.short(op)} {share:.0%}"
            for op, share in policy_reading.leading_ops(policies, cell_type)[:3]
        )
        lines.append(f"{cell_type} cell: {leading}")
    agreed = agreement.agreement(candidates)
    if agreed is not None and not math.isnan(agreed.correlation):
        lines.append(
            f"the best {agreed.pairs} candidates: rewards on one minibatch and "
            "on the validation split have a rank correlation of "
            f"{agreed.correlation:.2f} (95 % confidence interval "
            f"{agreed.low:.2f} to {agreed.high:.2f})"
        )
    return "\n".join(lines)
