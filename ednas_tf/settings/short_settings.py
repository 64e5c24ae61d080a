"""Settings of short trainings: the section `search.short`."""

import dataclasses

from ednas_tf.settings.fields import Section, number, section


@dataclasses.dataclass
class Short(Section):
    """Short trainings of architectures, each with weights of its own.

    In the first rung many architectures are trained for few steps. The better
    half of them is trained on for as many steps again, and so on; the
    architectures of the last rung have been trained for `steps` steps. This is
    successive halving (Jamieson and Talwalkar, 2016).

    Attributes:
      searcher: name of the searcher that proposes architectures and learns from
        the trainings of the first rung.
      searcher_settings: settings that only this searcher has, by name.
      trainings: number of architectures in the first rung.
      rungs: number of rungs.
      steps: number of steps of an architecture that reaches the last rung.
      random_share: share of the first rung that is drawn at random: for the
        searcher to learn from, and for the verdict.
      shared_share: share of the first rung that the search with shared weights
        proposes: its best candidates. Not used without one.
      repeats: number of random architectures in the first rung that are trained
        twice, to tell the spread of architectures from that of seeds.
      controls: number of random architectures that are trained for `steps`
        steps with another seed, to compare the result with.
      confirmations: number of further trainings of the result, with other
        seeds, which had no part in choosing it.
      proposals: number of architectures that the searcher proposes before it
        learns from them.
    """

    searcher: str = "thompson"
    searcher_settings: dict[str, object] = section(dict)
    trainings: int = number(48, at_least=2, at_most=10**4)
    rungs: int = number(4, at_least=1, at_most=12)
    steps: int = number(1600, at_least=1)
    random_share: float = number(0.4, at_least=0, at_most=1)
    shared_share: float = number(0.2, at_least=0, at_most=1)
    repeats: int = number(8, at_least=0, at_most=1000)
    controls: int = number(6, at_least=2, at_most=100)
    confirmations: int = number(3, at_least=2, at_most=100)
    proposals: int = number(4, at_least=1, at_most=256)
