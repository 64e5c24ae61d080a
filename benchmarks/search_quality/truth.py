"""How architectures train: the truth that scores are compared with."""

from benchmarks.search_quality import setting
from benchmarks.search_quality.trainings import Request

#: Number of architectures, and how many of them are trained twice.
COUNT, TWICE = 30, 10

#: Parts of a training after which it is scored.
PARTS = 1 / 16, 1 / 8, 1 / 5, 1 / 4, 2 / 5, 1 / 2, 3 / 4, 1


def requests() -> list[Request]:
    """All trainings: the first seeds of some, then all, then second seeds."""
    found = setting.genotypes(COUNT)
    marks = tuple(round(part * setting.LENGTH) for part in PARTS)
    return [
        Request(
            f"{i:02}_seed_{seed}", found[i], seed, setting.LENGTH, marks, True
        )
        for seed, count in ((0, COUNT), (1, TWICE))
        for i in range(count)
    ]
