"""Thompson sampling on a model of what each choice is worth."""

import dataclasses

from ednas_tf.searchers.registered import own_settings, searcher
from ednas_tf.settings import fields


@dataclasses.dataclass
class Settings(fields.Section):
    """The searcher "thompson".

    Attributes:
      architectures: number of architectures in a policy step, which are judged
        on the same minibatch: their rewards are compared with each other. 0:
        8, or 2 in a table, whose rewards can all be compared.
      memory: how long rewards of a supernet count while its weights go on
        learning: a reward counts 1/e after so many later ones. 0: rewards of
        all epochs count alike.
      explored: where rewards can be compared, as those of short trainings and
        of a table, architectures near the best one are proposed after so many
        rewards. 0: 20, or half of the short trainings if these are fewer: what
        a model of so few rewards thinks best is far from all that it has seen.
    """

    architectures: int = fields.number(
        0, at_least=2, at_most=1000, or_zero=True
    )
    memory: int = fields.number(0, at_least=0, at_most=10**9)
    explored: int = fields.number(0, at_least=1, at_most=10**9, or_zero=True)


@searcher("thompson", Settings)
def thompson(space, seed, settings):
    """Makes the searcher; it draws nothing before the first step."""
    del seed
    # This module imports TensorFlow, which takes seconds; wrong names and
    # settings are refused before.
    from ednas_tf.searchers.thompson_sampling import EXPLORED, ThompsonSampling

    own = own_settings(settings)
    usual = 2 if settings.task == "table" else 8
    explored = EXPLORED
    if settings.search.evidence != "shared":
        explored = min(EXPLORED, settings.search.short.trainings // 2)
    return ThompsonSampling(
        space,
        own.architectures or usual,
        own.memory,
        own.explored or explored,
    )
