"""A search in sentences: what it searched, how long, what it found and why."""

import math

from ednas_tf import wording
from ednas_tf.analysis import (
    agreement,
    alarms,
    op_names,
    policy_reading,
    policy_story,
    short_story,
)
from ednas_tf.analysis.run_record import RunRecord


def story(record: RunRecord) -> dict[str, list[str]]:
    """Sentences as plain text, by the heading that they stand under."""
    return {
        "What was searched": list(_searched(record)),
        "How long it took": list(_how_long(record)),
        "What it found": list(_found(record)),
        "Why": list(_why(record)),
        "How far to trust it": list(_trust(record)),
    }


def _searched(record):
    space = record.space
    cells = " and ".join(space.cell_types)
    plural = "s" if len(space.cell_types) > 1 else ""
    kept = sorted({min(space.fan_in), max(space.fan_in)})
    inputs = " to ".join(map(str, kept))
    ops = ", ".join(map(op_names.short, space.ops))
    yield (
        f"The {cells} cell{plural} of a network for "
        f"{record.setting('data.name', 'unnamed data')}. A cell has "
        f"{wording.count(space.num_nodes, 'node')}, each with {inputs} "
        f"input{'' if inputs == '1' else 's'}; an input carries one of "
        f"{wording.count(len(space.ops), 'operation')} ({ops}). There are "
        f"{amount(space.size())} different cells"
        + (" of each type." if plural else ".")
    )
    yield (
        f"Searcher: {record.searcher}, seed "
        f"{record.setting('seed', 'unknown')}."
    )


def amount(number: int) -> str:
    """1,037,664,180 as 1.04 · 10⁹, in characters that need no markup."""
    if number < 10**6:
        return f"{number:,}"
    power = int(math.log10(number))
    raised = str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{number / 10**power:.2f} · 10{raised}"


def _how_long(record):
    done = [_epochs(record)] if record.policies else []
    if record.trainings:
        seconds = sum(each.seconds for each in record.trainings)
        done.append(
            f"{short_story.amount(record)}, which took {duration(seconds)} of "
            "processor time"
        )
    state = "Finished" if record.found is not None else "Unfinished"
    yield f"{state}: {'; '.join(done)}."
    if not record.starts:
        return
    first, last = record.starts[0], record.starts[-1]
    yield f"It was started at {first.get('time')}."
    hosts = sorted({str(start.get("host")) for start in record.starts})
    if len(record.starts) > 1:
        yield (
            f"It was started {len(record.starts)} times, on "
            f"{', '.join(hosts)}, the last time at {last.get('time')}."
        )


def _epochs(record):
    policies = record.policies
    # A child step trains one architecture, which fills all slots.
    sampled = policies.counts[:, 0, 0].sum()
    steps = wording.count(
        int(sampled) // policies.space.num_slots, "child step"
    )
    judged = wording.count(policies.rewards.size, "architecture")
    done = f"{steps} and {judged} judged in policy steps"
    if record.in_table:
        done = f"{judged} looked up in a table of trainings"
    planned = wording.count(record.planned, "epoch")
    return f"{policies.epochs} of {planned}, with {done}"


def duration(seconds: float) -> str:
    """A duration in its two largest units, such as 3 d 4 h or 5 min 20 s."""
    left, parts = int(round(seconds)), []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count} {unit}")
        if len(parts) == 2:
            break
    return " ".join(p for p in parts if not p.startswith("0 ")) or "0 s"


def _found(record):
    # What decided comes first.
    yield from short_story.found(record)
    if record.policies:
        yield from _found_with_policies(record)
    yield from _trained(record.result or {})


def _found_with_policies(record):
    means = record.policies.rewards.mean(-1)
    yield (
        f"The mean reward of an epoch ({record.reward_in_words}) went from "
        f"{means[0]:.3f} in the first epoch to {means[-1]:.3f} in the last "
        f"one; the highest was {means.max():.3f} in epoch "
        f"{int(means.argmax()) + 1}."
    )
    if record.candidates:
        best = record.candidates[0]
        shared = ", with shared weights"
        scored = f"{best.reward:.4f} on the minibatch that all share{shared}"
        if best.validation_reward is not None:
            split = f"on the validation split{shared}"
            scored = f"{best.validation_reward:.4f} {split}"
        if record.in_table:
            scored = f"{best.reward:.4f} in the table"
        # Until the result is known, the cells that are drawn are others.
        is_drawn = record.found is not None and not record.trainings
        what = "; its cells are drawn below" if is_drawn else ""
        many = wording.count(len(record.candidates), "candidate")
        yield f"The best of {many} has a reward of {scored}{what}."
    elif not record.trainings:
        yield f"No architecture has been derived yet; {_drawn(record)}."


def _drawn(record):
    """What is drawn of a search that has not derived its result yet."""
    if not record.policies.has_probabilities:
        return "the choices that were sampled most often are drawn below"
    if policy_reading.learnt_nothing(record.policies):
        return "none is drawn, as nearly all policy vectors are still undecided"
    return "the cells that are most likely so far are drawn below"


def _trained(result):
    for name in ("test_accuracy", "test_perplexity"):
        if name in result:
            size = ""
            if "parameters" in result:
                size = f", with {result['parameters']:,} parameters"
            yield (
                f"Trained from scratch, it reached a {name.replace('_', ' ')} "
                f"of {result[name]:.4f}{size}."
            )


def _why(record):
    yield from short_story.why(record)
    if record.policies:
        yield from policy_story.why(record.policies)


def _trust(record):
    yield from short_story.trust(record)
    if record.policies:
        yield from _trust_with_policies(record)


def _random_cells(record):
    """What policies that have learnt nothing mean for the result."""
    policies = record.policies
    if not policy_reading.learnt_nothing(policies):
        return
    if policy_reading.never_moved(policies):
        yield (
            "This searcher does not learn: all architectures have stayed "
            "equally likely."
        )
    elif policies.epochs < record.planned:
        yield (
            "The policies have learnt next to nothing so far; this early in a "
            "search that is no alarm yet."
            if policies.epochs < record.planned / 2
            else "The policies have learnt next to nothing so far."
        )
    if record.decides_by_trainings:
        yield (
            "The result does not depend on that alone: short trainings choose "
            "it, and they have been made with random architectures, too."
        )
    elif record.found is not None and not record.in_table:
        yield (
            f"The result is the best of {len(record.candidates)} nearly random "
            "architectures, judged with shared weights. Only training it and "
            "random ones from scratch would show whether it is better than "
            "those."
        )


def _trust_with_policies(record):
    found = alarms.alarms(
        record.policies,
        record.planned,
        record.in_table,
        record.setting("policy", {}),
    )
    yield from found.values()
    yield from _random_cells(record)
    # A search that has not beaten chance must not look sound, nor one that has
    # learnt nothing so far or that does not learn.
    verdict = record.verdict
    is_shown = not record.decides_by_trainings or (
        verdict is not None and verdict["low"] > 0
    )
    is_shown &= not policy_reading.learnt_nothing(record.policies)
    if not found and is_shown:
        yield (
            "No alarm: no operations without weights have taken over"
            + (
                ", few policy vectors settled early,"
                if record.policies.has_probabilities
                else ""
            )
            + " and rewards differ within every epoch."
        )
    if record.in_table:
        yield (
            "Rewards are exact: an architecture has the same one whenever it "
            "is looked up."
        )
        return
    agreed = agreement.agreement(record.candidates)
    if agreed is None:
        if record.candidates:
            yield (
                "It is not known whether one minibatch ranks candidates as "
                "the whole validation split does, as too few were scored on "
                "both; raise search.rescored_candidates."
            )
    elif math.isnan(agreed.correlation):
        yield "The candidates' rewards are all equal and cannot be ranked."
    else:
        yield (
            f"One minibatch and the whole validation split rank the best "
            f"{agreed.pairs} candidates with a correlation of "
            f"{agreed.correlation:.2f} (Spearman; 95 % confidence interval "
            f"{agreed.low:.2f} to {agreed.high:.2f}). Only "
            "the candidates that were left have both rewards: those best on "
            "one minibatch were scored on more and more of them, and the "
            "worse half was left out each time. This lowers the correlation."
        )
