"""Which step of a search does what (section 3.4)."""

import dataclasses

CHILD, POLICY = "child", "policy"


@dataclasses.dataclass(frozen=True)
class Schedule:
    """Epochs of child steps followed by policy steps, counted as one row.

    Attributes:
      epochs: so many in all.
      child_steps, policy_steps: of one epoch.
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
        """What the step numbered `step`, from 0, is: CHILD or POLICY."""
        inside = step % self.steps_per_epoch
        return CHILD if inside < self.child_steps else POLICY

    def done(self, step: int, phase: str) -> int:
        """Steps of a phase that come before the step numbered `step`."""
        epoch, inside = divmod(step, self.steps_per_epoch)
        if phase == CHILD:
            return epoch * self.child_steps + min(inside, self.child_steps)
        beyond = max(0, inside - self.child_steps)
        return epoch * self.policy_steps + beyond

    def steps_left(self, step: int) -> int:
        """Steps from the step numbered `step` to the end of its phase."""
        inside = step % self.steps_per_epoch
        if inside < self.child_steps:
            return self.child_steps - inside
        return self.steps_per_epoch - inside
