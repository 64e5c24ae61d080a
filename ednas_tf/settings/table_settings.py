"""Settings of a search in a table of trainings: the section `table`."""

import dataclasses

from ednas_tf.settings.fields import Section, choice, number


@dataclasses.dataclass
class Table(Section):
    """What a search in a table sees, and how long it may take.

    Only the task "table" has it.

    Attributes:
      epochs: the length of the trainings whose validation accuracy is the
        reward, in epochs: 12 or 200.
      run: which run of a training of 200 epochs it is: 1, 2 or 3, where the
        mean stands in for a missing run; 0 for the mean over the runs. For 12
        epochs there is only the mean.
      seconds: the budget in simulated seconds of training. The search ends
        when the trainings that it has looked up would have taken that long.
    """

    epochs: int = choice(12, 200)
    run: int = number(0, at_least=0, at_most=3)
    seconds: float = number(12000.0, above=0)
