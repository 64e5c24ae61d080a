"""Signs that a search learns nothing, each told of in one line."""

import numpy as np

from ednas_tf import errors

#: Mean over the policy vectors of their largest probability, when settled.
SETTLED = 0.9
#: Part of the search in which policies should still be open.
EARLY = 0.1


def check_epoch(epoch: int, epochs: int, row: dict[str, np.ndarray]) -> None:
    """Warns of rewards that are all the same, and of policies settled early.

    Args:
      epoch: done so far.
      epochs: in all.
      row: of the history of the policies.
    """
    rewards = row["epoch/rewards"]
    if len(rewards) > 1 and np.ptp(rewards) == 0:
        errors.warn(
            f"epoch {epoch}: the reward is {rewards[0]:.4g} in all "
            f"{len(rewards)} policy steps; the policies learn nothing from it"
        )
    if not epoch <= max(1, EARLY * epochs) < epochs:
        return
    largest = [
        np.atleast_2d(value).max(-1)
        for name, value in row.items()
        if name.startswith("probabilities/") and value.shape[-1] > 1
    ]
    decided = np.concatenate([np.zeros(0), *largest])
    if decided.size and decided.mean() > SETTLED:
        errors.warn(
            f"epoch {epoch} of {epochs}: the policies have settled (their "
            f"largest probabilities are {decided.mean():.2f} in the mean); "
            "little will be searched from here on; lower policy.learning_rate "
            "or raise policy.entropy_coefficient in a new --model_dir"
        )
