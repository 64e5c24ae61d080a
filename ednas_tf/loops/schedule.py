"""The order of child steps and policy steps (section 3.4)."""

import dataclasses

CHILD, POLICY = "child", "policy"


@dataclasses.dataclass(frozen=True)
class Schedule:
    """Epochs, each of child steps and then policy steps.

    All steps are numbered in one sequence, from 0. With 2 epochs of 3 child
    steps and 2 policy steps:

        step     0  1  2  3  4  5  6  7  8  9
        phase    c  c  c  p  p  c  c  c  p  p

    A training has child steps only.

    Attributes:
      epochs: number of epochs.
      child_steps, policy_steps: numbers of steps in an epoch.
    """

    epochs: int
    child_steps: int
    policy_steps: int

    @property
    def steps_per_epoch(self) -> int:
        return self.child_steps + self.policy_steps

    @property
    def total_steps(self) -> int:
        return self.epochs * self.steps_per_epoch

    def phase(self, step: int) -> str:
        """The phase of a step, CHILD or POLICY."""
        inside = step % self.steps_per_epoch
        return CHILD if inside < self.child_steps else POLICY

    def done(self, step: int, phase: str) -> int:
        """Number of steps of a phase that come before a step."""
        epoch, inside = divmod(step, self.steps_per_epoch)
        if phase == CHILD:
            return epoch * self.child_steps + min(inside, self.child_steps)
        beyond = max(0, inside - self.child_steps)
        return epoch * self.policy_steps + beyond

    def steps_left(self, step: int) -> int:
        """Number of steps from a step, included, to the end of its phase."""
        inside = step % self.steps_per_epoch
        if inside < self.child_steps:
            return self.child_steps - inside
        return self.steps_per_epoch - inside
