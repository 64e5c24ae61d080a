"""The short trainings of a search, sorted by what they were for."""

from collections import Counter
from collections.abc import Iterable

from ednas_tf.analysis import op_names, scores, trainings
from ednas_tf.analysis.trainings import Training
from ednas_tf.space.genotype import Genotype

#: Where architectures come from, as a person would say it.
FROM = {
    trainings.RANDOM: "drawn at random",
    trainings.SHARED: "from the search with shared weights",
    trainings.PROPOSED: "from the searcher",
}


def rungs(done: Iterable[Training]) -> list[list[Training]]:
    """The trainings of each rung, the shortest rung first.

    The architectures of a rung are sorted, the best first. A rung that is under
    way has only those whose training has ended.
    """
    done, by_steps = list(done), {}
    for each in of_purpose(done, trainings.RUNG):
        by_steps.setdefault(each.steps, []).append(each)
    noise = scores.variance_of_seeds(done)
    return [scores.ranked(by_steps[steps], noise) for steps in sorted(by_steps)]


def of_purpose(done: Iterable[Training], purpose: str) -> list[Training]:
    """The trainings with this purpose, one of `trainings.PURPOSES`."""
    return [each for each in done if each.purpose == purpose]


def of_origin(done: Iterable[Training], origin: str) -> list[Training]:
    """The trainings of architectures from here, one of `trainings.ORIGINS`."""
    return [each for each in done if each.origin == origin]


def lines(done: Iterable[Training]) -> list[list[Training]]:
    """For each architecture its trainings in the rungs, the shortest first."""
    found = {}
    for rung in rungs(done):
        for each in rung:
            found.setdefault(each.genotype, []).append(each)
    return list(found.values())


def count(done: Iterable[Training]) -> int:
    """The number of trainings; one that goes through several rungs is one."""
    return len(_longest(done))


def total_steps(done: Iterable[Training]) -> int:
    """The number of steps of all trainings together."""
    return sum(_longest(done).values())


def _longest(done):
    """The number of steps of each training by its architecture and seed."""
    found = {}
    for each in done:
        key = each.genotype, each.seed
        found[key] = max(each.steps, found.get(key, 0))
    return found


def in_short(genotype: Genotype) -> dict[str, str]:
    """Each cell as the number of its edges with each operation.

    For example {"normal": "5 sep conv 3x3, 3 skip connect"}.
    """
    return {
        cell_type: ", ".join(
            f"{count} {op_names.short(op)}"
            for op, count in Counter(
                edge.op for node in cell.nodes for edge in node
            ).most_common()
        )
        for cell_type, cell in genotype.cells.items()
    }
