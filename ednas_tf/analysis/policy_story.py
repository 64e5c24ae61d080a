"""Sentences of the story about the policies of a search."""

from collections.abc import Iterator

from ednas_tf.analysis import gains, op_names, policy_reading
from ednas_tf.analysis.policies import Policies

#: The number of choices that are named as those that changed most.
_MOST_CHANGES = 5


def why(policies: Policies) -> Iterator[str]:
    """What the policies of a search prefer, and what choices have earned."""
    yield _stages(policies)
    for cell_type in policies.space.cell_types:
        yield _leading(policies, cell_type)
    yield from _changes(policies)
    yield from _gains(policies)


def _stages(policies):
    if not policies.has_probabilities:
        return (
            "This searcher reports no probabilities, so shares are counted "
            "over the architectures that were judged in the policy steps of "
            "an epoch."
        )
    stages = policy_reading.stages(policies.vectors())
    counts = ", ".join(f"{count} {name}" for name, count in stages.items())
    return (
        f"Policy vectors with a choice: {counts}. A "
        f"vector is undecided while more than {policy_reading.UNDECIDED:.0%} "
        f"of its choices are open, and settled once fewer than "
        f"{policy_reading.SETTLED} are. The number of open choices is "
        "exp(entropy)."
    )


def _leading(policies, cell_type):
    leading = policy_reading.leading_ops(policies, cell_type)
    chance = 1 / len(leading)
    if not policy_reading.op_that_leads(policies, cell_type):
        return (
            f"No operation leads in the {cell_type} cell: the largest share is "
            f"{leading[0][1]:.0%}, and {chance:.0%} would be chance."
        )
    row = policies.first_row
    start = dict(policy_reading.leading_ops(policies, cell_type, row))
    listed = ", ".join(
        f"{op_names.short(op)} {share:.0%} (at the start {start[op]:.0%})"
        for op, share in leading[:3]
    )
    return f"Most common operations of sampled {cell_type} cells: {listed}."


def _changes(policies) -> Iterator[str]:
    last = policy_reading.windows(policies.epochs)
    since = max(policies.first_row, policies.epochs - last)
    if since == policies.epochs:
        return
    changes = policy_reading.changes(policies, since, _MOST_CHANGES)
    what, form = "Largest changes of probabilities", ".2f"
    if not policies.has_probabilities:
        what = "Largest changes in what the judged architectures consist of"
        form = ".0%"
    listed = "; ".join(
        f"{change.vector.name}: {op_names.short(change.choice)} "
        f"{change.before:{form}} to {change.after:{form}}"
        for change in changes
    )
    before = f"epoch {since}" if since else "the start"
    yield f"{what}, from {before} to epoch {policies.epochs}: {listed}."


def _gains(policies) -> Iterator[str]:
    if not policies.draws_independently:
        yield (
            "Which choices make a clear difference to the reward is not known: "
            "the searcher chooses each architecture by what earlier ones "
            "earned, so that differences also come from what it combines."
        )
        return
    for cell_type in policies.space.cell_types:
        found = [
            each
            for each in gains.of_operations(policies, cell_type)
            if each.is_clear
        ]
        found.sort(key=lambda each: -abs(each.value))
        clear = "; ".join(
            f"{each.name} {each.value:+.4f} "
            f"({each.low:+.4f} to {each.high:+.4f})"
            for each in found[:3]
        )
        yield (
            f"Difference in reward by one more edge of the {cell_type} cell "
            f"with an operation: {clear}."
            if clear
            else f"No operation makes a clear difference to the reward of the "
            f"{cell_type} cell."
        )
