"""Regularized evolution (Real et al., 2019, arXiv 1802.01548)."""

import dataclasses

from ednas_tf.searchers.registered import own_settings, searcher
from ednas_tf.settings import fields


@dataclasses.dataclass
class Settings(fields.Section):
    """The size of the population, and how hard its members compete.

    Attributes:
      population: number of architectures that are kept, the latest ones. The
        first so many are drawn at random.
      sample: number of architectures that are drawn from these, with
        replacement; the best of them is changed in one choice.
    """

    population: int = fields.number(10, at_least=1, at_most=10**4)
    sample: int = fields.number(3, at_least=1, at_most=10**4)


@searcher("evolution", Settings)
def evolution(space, seed, settings):
    """Makes regularized evolution."""
    # This module imports TensorFlow, which takes seconds; wrong names and
    # settings are refused before.
    from ednas_tf.searchers.ageing_population import AgeingPopulation

    own = own_settings(settings)
    return AgeingPopulation(space, own.population, own.sample)
