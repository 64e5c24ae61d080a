"""A search told in sentences: what, how long, what it found, and why."""

import math
import time
from collections.abc import Iterator

import numpy as np

from ednas_tf.analysis import agreement, alarms, gains, op_names, policy_reading
from ednas_tf.analysis.run_record import RunRecord

#: Choices that are named as those that changed most.
_MOST_CHANGES = 5


def story(record: RunRecord) -> dict[str, list[str]]:
    """Sentences by heading, plain text."""
    return {
        "What was searched": list(_searched(record)),
        "How long": list(_how_long(record)),
        "What it found": list(_found(record)),
        "Why": list(_why(record)),
        "How far to trust it": list(_trust(record)),
    }


def _searched(record):
    space = record.policies.space
    cells = " and ".join(space.cell_types)
    plural = "s" if len(space.cell_types) > 1 else ""
    kept = sorted(set(space.fan_in))
    inputs = " to ".join(map(str, kept[:1] + kept[1:][-1:]))
    yield (
        f"The {cells} cell{plural} of a network for "
        f"{record.setting('data.name', 'unnamed data')}: {space.num_nodes} "
        f"nodes, each with {inputs} input{'s' if kept[-1] > 1 else ''}, and "
        f"{len(space.ops)} operations "
        f"({', '.join(map(op_names.short, space.ops))}). There are "
        f"{amount(space.size())} cells of a type."
    )
    yield (
        f"Searcher: {record.setting('search.searcher', 'unknown')}, seed "
        f"{record.setting('seed', 'unknown')}."
    )


def amount(number: int) -> str:
    """1,037,664,180 as 1.04 · 10^9, in letters that need no markup."""
    if number < 10**6:
        return f"{number:,}"
    power = int(math.log10(number))
    raised = str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{number / 10**power:.2f} · 10{raised}"


def _how_long(record):
    policies = record.policies
    steps = policies.counts[:, :, 0].sum((-1, -2))
    slots = policies.space.num_slots
    child, policy = (int(n) // slots for n in steps.sum(0))
    state = "Finished" if record.found is not None else "Under way"
    yield (
        f"{state}: {policies.epochs} of {record.planned} epochs, {child:,} "
        f"child steps and {policy:,} policy steps."
    )
    if not record.starts:
        return
    first, last = record.starts[0], record.starts[-1]
    begun = _seconds(first)
    if begun and record.updated > begun:
        yield (
            f"From {first['time']} on; the last epoch was written "
            f"{duration(record.updated - begun)} later."
        )
    hosts = sorted({str(start.get("host")) for start in record.starts})
    if len(record.starts) > 1:
        yield (
            f"Started {len(record.starts)} times, on {', '.join(hosts)}, the "
            f"last time {last.get('time')}; pauses between count above."
        )


def _seconds(start):
    try:
        written = str(start["time"])[:19]
        return time.mktime(time.strptime(written, "%Y-%m-%d %H:%M:%S"))
    except (KeyError, ValueError, OverflowError):
        return None


def duration(seconds: float) -> str:
    """A time in the two largest units: 3 d 4 h, 5 min 20 s."""
    left, told = int(round(seconds)), []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or told:
            told.append(f"{count} {unit}")
        if len(told) == 2:
            break
    return " ".join(part for part in told if not part.startswith("0 ")) or "0 s"


def _found(record):
    means = record.policies.rewards.mean(-1)
    yield (
        f"The mean reward of an epoch went from {means[0]:.3f} to "
        f"{means[-1]:.3f}, at best {means.max():.3f} in epoch "
        f"{int(means.argmax()) + 1}."
    )
    if record.found is not None:
        best = record.candidates[0]
        told = f"{best.reward:.4f} on the common minibatch"
        if best.validation_reward is not None:
            told = f"{best.validation_reward:.4f} on the validation split"
        yield (
            f"The best of {len(record.candidates)} candidates has a reward of "
            f"{told}; it is drawn below."
        )
    else:
        yield "Nothing is derived yet; below is what is most likely now."
    for name, value in (record.result or {}).items():
        if name in ("test_accuracy", "test_perplexity"):
            yield (
                f"Trained from scratch it has a {name.replace('_', ' ')} of "
                f"{value:.4f}"
                + (
                    f", with {record.result['parameters']:,} parameters."
                    if "parameters" in record.result
                    else "."
                )
            )


def _why(record):
    policies = record.policies
    vectors = policies.vectors()
    stages = policy_reading.stages(vectors)
    yield (
        f"Of {sum(stages.values())} policy vectors with a choice "
        + ", ".join(f"{count} are {name}" for name, count in stages.items())
        + ". Undecided is one with more than "
        f"{policy_reading.UNDECIDED:.0%} of its choices open, settled one with "
        f"fewer than {policy_reading.SETTLED} open; open are exp(entropy)."
    )
    for cell_type in policies.space.cell_types:
        yield _leading(policies, cell_type)
    last = policy_reading.windows(policies.epochs)
    changes = policy_reading.changes(policies, last, _MOST_CHANGES)
    told = "; ".join(
        f"{change.vector.name}: {op_names.short(change.choice)} "
        f"{change.before:.2f} to {change.after:.2f}"
        for change in changes
    )
    yield f"What changed most in the last {_epochs(last)}: {told}."
    if policies.architectures is not None:
        yield from _gains(policies)


def _epochs(count):
    return "epoch" if count == 1 else f"{count} epochs"


def _leading(policies, cell_type):
    shares = policy_reading.op_shares(policies, cell_type)
    order = np.argsort(-shares[-1], kind="stable")
    told = ", ".join(
        f"{op_names.short(policies.space.ops[i])} {shares[-1, i]:.0%} "
        f"(at the start {shares[0, i]:.0%})"
        for i in order[:3]
    )
    return f"What a sampled {cell_type} cell is made of most: {told}."


def _gains(policies) -> Iterator[str]:
    for cell_type in policies.space.cell_types:
        found = [
            each
            for each in gains.of_operations(policies, cell_type)
            if each.is_clear
        ]
        found.sort(key=lambda each: -abs(each.gain))
        told = "; ".join(
            f"{each.name} {each.gain:+.4f} "
            f"({each.low:+.4f} to {each.high:+.4f})"
            for each in found[:3]
        )
        yield (
            f"One more edge of the {cell_type} cell with an operation: "
            + (told or "no gain or loss is clear")
            + "."
        )


def _trust(record):
    found = alarms.alarms(record.policies, record.planned)
    yield from found.values()
    if not found:
        yield "No alarm: nothing without weights took over, none settled early."
    agreed = agreement.agreement(record.candidates)
    if agreed is None:
        if record.candidates:
            yield (
                "Whether one minibatch ranks candidates as the whole "
                "validation split does is not known: set "
                "search.rescored_candidates."
            )
    elif math.isnan(agreed.correlation):
        yield "The candidates' rewards are all equal and cannot be ranked."
    else:
        yield (
            f"One minibatch and the whole validation split rank the best "
            f"{agreed.pairs} candidates with a correlation of "
            f"{agreed.correlation:.2f} (Spearman; {agreed.low:.2f} to "
            f"{agreed.high:.2f} with 95 % confidence). Only those that were "
            "best on the minibatch have both rewards, which makes it lower."
        )
