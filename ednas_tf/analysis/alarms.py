"""Signs that a search goes wrong, each as a sentence or two."""

from collections.abc import Mapping

import numpy as np

from ednas_tf.analysis import op_names, policy_reading
from ednas_tf.analysis.policies import Policies
from ednas_tf.searchers import policy_rate

#: Operations without weights have taken over a cell once they make up more
#: than this share of it. In the paper's spaces they begin with 3/7 and 1/4.
TAKEN_OVER = 0.7
#: No policy vector should settle within this part of a search: shared weights
#: still change fast, and an operation may lead only because it was trained
#: more.
EARLY = 0.5
#: The share of policy vectors that must settle early to raise an alarm.
MANY = 0.1


def alarms(
    policies: Policies,
    planned: int,
    in_table: bool = False,
    policy: Mapping[str, object] | None = None,
) -> dict[str, str]:
    """What a person should know before trusting a search.

    Args:
      policies: the policies of all epochs so far.
      planned: the number of epochs of the whole search.
      in_table: whether rewards are looked up in a table. They are then exact,
        and nothing can be led astray by weights that were hardly trained.
      policy: the section `policy` of the settings, to advise on.

    Returns:
      Text by the name of the alarm. The name stays the same while the numbers
      in the text change from epoch to epoch.
    """
    longer = "table.seconds" if in_table else "search.epochs"
    stayed_open = _stayed_open(policies, planned, longer, policy or {})
    if in_table:
        return stayed_open
    return {
        **_taken_over(policies),
        **_settled_early(policies, planned),
        **stayed_open,
        **_equal_rewards(policies),
    }


def _taken_over(policies):
    ops = policies.space.ops
    free = [i for i, op in enumerate(ops) if not op_names.has_weights(op)]
    if not free or len(free) / len(ops) >= TAKEN_OVER:
        return {}
    found, first = {}, policies.first_row
    for cell_type in policies.space.cell_types:
        shares = policy_reading.op_shares(policies, cell_type)[:, free].sum(-1)
        if shares[-1] > TAKEN_OVER:
            names = ", ".join(op_names.short(ops[i]) for i in free)
            found[f"without weights, {cell_type}"] = (
                f"Operations without weights ({names}) have taken over the "
                f"{cell_type} cell: they make up {shares[-1]:.0%} of its "
                f"operations, up from {shares[first]:.0%} at the start. They "
                "work before anything is trained, so that they lead early; "
                "train the shared weights longer before judging architectures"
                + (
                    ", or raise policy.entropy_coefficient."
                    if policies.has_probabilities
                    else "."
                )
            )
    return found


def _settled_early(policies, planned):
    if not policies.has_probabilities:
        return {}
    vectors = [
        vector for vector in policies.vectors() if len(vector.choices) > 1
    ]
    since = [policy_reading.settled_since(vector) for vector in vectors]
    early = [
        (epoch, vector)
        for epoch, vector in zip(since, vectors, strict=True)
        if epoch is not None and epoch < EARLY * planned
    ]
    if not vectors or len(early) < max(1, MANY * len(vectors)):
        return {}
    epoch, vector = min(early, key=lambda each: each[0])
    means = policies.rewards.mean(-1)
    # A vector settles by the end of an epoch; row 0 of the rewards is epoch 1.
    then, now = means[max(0, epoch - 1)], means[-1]
    choice = vector.choices[int(np.argmax(vector.probabilities[-1]))]
    text = (
        f"{len(early)} of {len(vectors)} policy vectors settled within the "
        f"first {EARLY:.0%} of the search, the first of them in epoch {epoch} "
        f"({vector.name}: {op_names.short(choice)}), when the mean reward was "
        f"{then:.3f} (now {now:.3f}). They may have been led by weights that "
        "were hardly trained; lower policy.learning_rate or raise "
        "policy.entropy_coefficient in a new --model_dir."
    )
    return {"settled early": text}


def _stayed_open(policies, planned, longer, policy):
    """Policies that ended as undecided as they began; not of random search."""
    if (
        policies.epochs < planned
        or not policy_reading.learnt_nothing(policies)
        or policy_reading.never_moved(policies)
    ):
        return {}
    vectors = policies.vectors()
    counts = policy_reading.stages(vectors)
    still_open = policy_reading.open_share(vectors)[-1]
    text = (
        "The policies have learnt next to nothing: "
        f"{counts['undecided']} of {sum(counts.values())} policy vectors are "
        f"still undecided, and on average {100 * still_open:.0f} % of their "
        "choices are open. The cells that they propose are close to random "
        f"ones; in a new --model_dir, {_remedies(policies, longer, policy)}."
    )
    return {"stayed open": text}


def _remedies(policies, longer, policy):
    """What can help policies to settle."""
    found = [f"raise {longer}"]
    # Other searchers do not use these settings.
    if policies.draws_independently:
        rate, decay = (
            policy.get(name) for name in ("learning_rate", "weight_decay")
        )
        if isinstance(rate, int | float) and rate < policy_rate.MOST:
            found.append("raise policy.learning_rate")
        if decay:
            found.append(
                "set policy.weight_decay=0, as it draws all choices back to "
                "equal probabilities"
            )
    return ", or ".join(found)


def _equal_rewards(policies):
    rewards = policies.rewards
    count = rewards.shape[1]
    epochs = np.flatnonzero(np.ptp(rewards, axis=1) == 0) + 1
    if count < 2 or not epochs.size:
        return {}
    last = epochs[-1]
    text = (
        f"All {count} architectures that were judged in epoch {last} earned "
        f"the same reward, {rewards[last - 1, 0]:.4g}"
        + (
            f"; so it was in {len(epochs)} of {policies.epochs} epochs"
            if len(epochs) > 1
            else ""
        )
        + ". Nothing can be learnt from that; judge architectures on larger "
        "batches (policy.batch_size), or train the shared weights longer."
    )
    return {"equal rewards": text}
