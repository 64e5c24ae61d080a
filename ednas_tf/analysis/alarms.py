"""Signs that a search goes wrong, seen from its policies, each a sentence."""

import numpy as np

from ednas_tf.analysis import op_names, policy_reading
from ednas_tf.analysis.policies import Policies

#: Share of an architecture's operations that have no weights, from which on
#: they have taken over; in the paper's spaces 3/7 and 1/4 to begin with.
TAKEN_OVER = 0.7
#: Part of the search within which no policy vector should settle: shared
#: weights still move fast, and what is ahead may only have been trained more.
EARLY = 0.5
#: Share of the vectors that settle within it before it is told of.
MANY = 0.1


def alarms(policies: Policies, planned: int) -> dict[str, str]:
    """What a person should know before trusting these policies.

    Args:
      policies: of the epochs done.
      planned: epochs of the whole search.

    Returns:
      Sentences by what they are of, which stays as the numbers in them change.
    """
    return {**_taken_over(policies), **_settled_early(policies, planned)}


def _taken_over(policies):
    ops = policies.space.ops
    free = [i for i, op in enumerate(ops) if not op_names.has_weights(op)]
    if not free or len(free) / len(ops) >= TAKEN_OVER:
        return {}
    found = {}
    for cell_type in policies.space.cell_types:
        shares = policy_reading.op_shares(policies, cell_type)[:, free].sum(-1)
        if shares[-1] > TAKEN_OVER:
            names = ", ".join(op_names.short(ops[i]) for i in free)
            found[f"without weights, {cell_type}"] = (
                f"Operations without weights ({names}) take over the "
                f"{cell_type} cell: {shares[-1]:.0%} of its operations, "
                f"{shares[0]:.0%} at the start. They work before anything is "
                "trained, so that they are ahead early; train the weights "
                "longer before the policies, or raise "
                "policy.entropy_coefficient."
            )
    return found


def _settled_early(policies, planned):
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
    # At the end of epoch n; row 0 of the rewards is of epoch 1.
    then, now = means[max(0, epoch - 1)], means[-1]
    choice = vector.choices[int(np.argmax(vector.probabilities[-1]))]
    told = (
        f"{len(early)} of {len(vectors)} policy vectors settled within the "
        f"first {EARLY:.0%} of the search, the first one in epoch {epoch} "
        f"({vector.name}: {op_names.short(choice)}), when the mean reward was "
        f"{then:.3f} (now {now:.3f}). They may have judged weights that were "
        "not trained yet; lower policy.learning_rate or raise "
        "policy.entropy_coefficient."
    )
    return {"settled early": told}
