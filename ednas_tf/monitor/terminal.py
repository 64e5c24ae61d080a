"""What a terminal shows: a line for each epoch, and a summary at the end."""

import collections
import math
import shlex
import statistics
import time
from collections.abc import Callable, Sequence

from ednas_tf import children, errors
from ednas_tf.analysis import agreement, op_names, policy_reading, story
from ednas_tf.analysis.candidates import Candidate
from ednas_tf.analysis.policies import Policies
from ednas_tf.wording import COLUMNS, count, percent, wrapped

#: The number of epochs that the time left is estimated from.
_RECENT = 5
#: What is printed before steps are timed, which can take minutes.
TIMING = "timing some steps of each kind ..."


class Pace:
    """How long the epochs of this process take.

    The first epoch compiles, which can take longer than all others: it tells
    nothing about them, nor does what is done for the first time after it.

    Args:
      clock: returns seconds.
      expected: seconds of an epoch that were expected before the first one;
        None if they are unknown.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        expected: float | None = None,
    ):
        self._clock = clock
        self._expected = expected
        self._begin: float | None = None
        self._is_first = True
        self._seconds = collections.deque(maxlen=_RECENT)

    def begin_epoch(self) -> None:
        """Must be called before each epoch."""
        self._is_first = self._begin is None
        if not self._seconds:
            self._begin = self._clock()

    def left(self, epochs: int) -> float | None:
        """Seconds that so many epochs will take, or None if nothing tells.

        Must be called once after each epoch. What is done between an epoch and
        the next one counts as a part of the next one.
        """
        now = self._clock()
        if not self._is_first:
            self._seconds.append(now - self._begin)
            self._begin = now
        if self._seconds:
            return epochs * statistics.median(self._seconds)
        return None if self._expected is None else epochs * self._expected


def wrapped_command(words: Sequence[object]) -> str:
    """A command to copy: in one line if it fits, else an argument a line.

    Args:
      words: the program and its arguments.
    """
    quoted = [shlex.quote(str(word)) for word in words]
    line = " ".join(quoted)
    if len(line) <= COLUMNS - len("next: "):
        return line
    flags = next(i for i, word in enumerate(quoted) if word.startswith("--"))
    return " \\\n    ".join([" ".join(quoted[:flags]), *quoted[flags:]])


def print_next(words: Sequence[object]) -> None:
    """Prints a command as the next one, where none is known otherwise.

    A whole run says itself what comes next, and a Python program has functions
    in place of commands.

    Args:
      words: the program and its arguments.
    """
    if not (children.is_stage() or errors.is_python_call()):
        print(f"next: {wrapped_command(words)}")


def after_export(serve: Sequence[str], export_dir: object, form: str) -> str:
    """The commands that use an exported network, each after "next: ".

    Args:
      serve: the command that serves it.
      export_dir: the folder of all versions.
      form: the form of export; images can be classified without a server.
    """
    commands = [serve]
    if form == "images":
        predict = "python", "-m", "ednas_tf.export.predict"
        asked = f"--model={export_dir}", "--images=photo.jpg"
        commands.insert(0, [*predict, *asked])
    return "\n".join(f"next: {wrapped_command(each)}" for each in commands)


def epoch_line(
    policies: Policies,
    planned: int,
    seconds_left: float | None,
    spent: str = "",
) -> str:
    """What matters about the last epoch.

    Operations that are no more common than chance would make them are not
    named. If some are, they stand in a line of their own.

    Args:
      policies: the policies up to this epoch.
      planned: the number of epochs of the whole search.
      seconds_left: the estimated time of all epochs that are left; None if it
        is unknown.
      spent: how much of a budget is spent, which ends the search in place of
        the planned epochs; empty without a budget.
    """
    parts = [f"reward {policies.rewards[-1].mean():.4f}"]
    if policies.has_probabilities:
        parts += _open(policies)
    if policies.epochs < planned and seconds_left is not None:
        parts.append(f"{story.duration(seconds_left)} left")
    if spent:
        parts.append(spent)
    of = "" if spent else f"/{planned}"
    line = f"epoch {policies.epochs}{of}: {', '.join(parts)}"
    leading = [
        f"{cell_type} {op_names.short(found[0])} {percent(found[1])}"
        for cell_type in policies.space.cell_types
        if (found := policy_reading.op_that_leads(policies, cell_type))
    ]
    if leading:
        what = "leading" if policies.has_probabilities else "most sampled"
        line += "\n" + wrapped(f"  {what}: {', '.join(leading)}", " " * 4)
    return line


def _open(policies):
    """How many choices are open, if there are any: "5 % of choices open"."""
    shares = policy_reading.open_share(policies.vectors())
    return [] if shares is None else [f"{percent(shares[-1])} of choices open"]


def training_line(
    epoch: int,
    planned: int,
    trained: dict[str, float],
    measure: str,
    validated: tuple[float, float] | None,
    seconds_left: float | None,
) -> str:
    """How good a network is after an epoch of training, in one line.

    Args:
      epoch: the epoch that has ended, from 1 on.
      planned: the number of epochs of the whole training.
      trained: means over the last steps, by name.
      measure: the name of the validation measure.
      validated: that measure after this epoch, and the best so far; None if no
        data are kept for validation.
      seconds_left: the estimated time of all epochs that are left; None if it
        is unknown.
    """
    means = ", ".join(f"{name} {each:.4f}" for name, each in trained.items())
    line = f"epoch {epoch}/{planned}: training {means}"
    if validated:
        now, best = validated
        line += f"; validation {measure} {now:.4f} (best {best:.4f})"
    if epoch < planned and seconds_left is not None:
        line += f", {story.duration(seconds_left)} left"
    return wrapped(line)


def closing_summary(policies: Policies, candidates: Sequence[Candidate]) -> str:
    """The result of a search in a few lines.

    Args:
      policies: the policies of all epochs.
      candidates: what the result was chosen from.
    """
    means = policies.rewards.mean(-1)
    lines = [
        f"searched {count(policies.epochs, 'epoch')}: mean reward "
        f"{means[0]:.4f} in the first, {means[-1]:.4f} in the last, "
        f"{means.max():.4f} in the best (epoch {int(means.argmax()) + 1})"
    ]
    if policies.has_probabilities:
        stages = policy_reading.stages(policies.vectors())
        counts = ", ".join(f"{many} {name}" for name, many in stages.items())
        lines.append(f"policy vectors: {counts}")
    shares = [
        f"{cell_type} cell: {_common(policies, cell_type)}"
        for cell_type in policies.space.cell_types
    ]
    # Chance is the same in all cells, so that one line says it.
    lines += [f"{shares[0]}; {_chance(policies)} would be chance", *shares[1:]]
    agreed = agreement.agreement(candidates)
    if agreed is not None and not math.isnan(agreed.correlation):
        lines.append(
            f"the best {agreed.pairs} candidates: rewards on one minibatch and "
            "on the validation split have a rank correlation of "
            f"{agreed.correlation:.2f} (95 % confidence interval "
            f"{agreed.low:.2f} to {agreed.high:.2f})"
        )
    return "\n".join(map(wrapped, lines))


def _common(policies, cell_type):
    """The operations of a cell that chance does not explain."""
    leading = policy_reading.leading_ops(policies, cell_type)
    named = [
        f"{op_names.short(op)} {percent(share)}"
        for op, share in leading
        if policy_reading.leads(policies, share)
    ]
    if not named:
        largest = percent(leading[0][1])
        return f"no operation leads, and the largest share is {largest}"
    return ", ".join(named)


def _chance(policies):
    """The share of an operation if all are equally likely."""
    return percent(1 / len(policies.space.ops))
