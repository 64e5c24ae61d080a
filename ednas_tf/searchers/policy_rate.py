"""The learning rate of the policies, if it is left to be chosen."""

#: Adam moves an element of a policy vector by at most about the learning rate
#: in a step. In the paper's search on CIFAR-10 this adds up to so much: 23,400
#: policy steps of 3.5e-4. Policies need about that far to settle.
_DISTANCE = 23_400 * 3.5e-4
_LEAST = 3.5e-4
#: The largest rate that is chosen: at higher rates a few rewards would decide.
MOST = 0.2


def chosen(policy_steps: int) -> float:
    """The rate at which policies can move as far as the paper's.

    It is at least the paper's rate, and at most `MOST`.

    Args:
      policy_steps: number of policy steps of the whole search.

    Returns:
      The rate, with three digits.
    """
    rate = min(max(_DISTANCE / max(1, policy_steps), _LEAST), MOST)
    return float(f"{rate:.3g}")
