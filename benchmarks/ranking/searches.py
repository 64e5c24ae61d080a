"""Whole searches on real images, whose results the table knows.

Each search has the default searcher, and short trainings in the networks in
which cells are scored here. What it finds is looked up in the table.
"""

import json
import pathlib
from collections.abc import Iterable, Sequence

import numpy as np

from benchmarks.ranking import ways
from benchmarks.search_quality import searches
from ednas_tf.analysis.trainings import Training
from ednas_tf.data import bench_table
from ednas_tf.loops.short import ledger
from ednas_tf.runs import names
from ednas_tf.space import spaces
from ednas_tf.space.genotype import Genotype

_SPACE = spaces.default(ways.SPACE)
#: 41,600 steps in all, 320 of each architecture in the first rung.
OVERRIDES = (
    f"{ways.OVERRIDES},search.evidence=short,search.short.trainings=32,"
    "search.short.rungs=4,search.short.steps=2560,search.short.repeats=2,"
    "search.short.controls=2,search.short.confirmations=2"
)


def run(
    folder: pathlib.Path,
    seeds: Iterable[int],
    table: bench_table.BenchTable,
    cifar10_dir: str,
    processes: int,
) -> dict[str, object]:
    """Makes the searches that are missing, and looks up what they found.

    Args:
      folder: gets a file for each search, and its model directory.
      seeds: a search is made with each of these seeds.
      table: the truth.
      cifar10_dir: folder of TensorFlow Datasets that has cifar10.
      processes: short trainings at once.

    Returns:
      searches: for each seed what `looked_up` returns, `verdict` and `seconds`
      of processor time of all short trainings; test, rank: their means.
    """
    rows = [
        _search(folder, seed, table, cifar10_dir, processes) for seed in seeds
    ]
    means = {
        name: float(np.mean([row["result"][name] for row in rows]))
        for name in ("test", "rank")
    }
    return {"searches": rows, **means}


def _search(folder, seed, table, cifar10_dir, processes):
    file = folder / f"search_{seed}.json"
    if file.exists():
        return json.loads(file.read_text())
    directory = folder / "searches" / f"seed_{seed}"
    made = searches.made(
        *(directory, cifar10_dir, OVERRIDES, f"--seed={seed}"),
        f"--params_override=runtime.processes={processes}",
    )
    trained = ledger.read(directory / names.TRAININGS_FILE, _SPACE)
    found = {
        "seed": seed,
        **looked_up(made["genotype"], trained, table),
        "verdict": made["verdict"],
    }
    file.write_text(json.dumps(found, indent=1) + "\n")
    return found


def looked_up(
    genotype: Genotype,
    trained: Sequence[Training],
    table: bench_table.BenchTable,
) -> dict[str, object]:
    """What the table knows about a search.

    Args:
      genotype: its result.
      trained: its short trainings.
      table: the truth.

    Returns:
      result: `test` accuracy in percent, and `rank` among all architectures;
      random: the mean test accuracy of the architectures of the first rung that
      were drawn at random; last_rung: the test accuracies of the last rung;
      seconds: processor time of all short trainings.
    """
    (row,) = ways.rows(table, [genotype])
    rungs = [each for each in trained if each.purpose == "rung"]
    random = [each for each in rungs if each.origin == "random"]
    first, last = (choose(x.steps for x in rungs) for choose in (min, max))
    return {
        "result": {
            "test": float(100 * table.test[row]),
            "rank": int(table.ranks[row]),
        },
        "random": float(np.mean(_tests(table, random, first))),
        "last_rung": _tests(table, rungs, last),
        "seconds": sum(each.seconds for each in trained),
    }


def _tests(table, trained, steps):
    """Test accuracies in percent of those that were trained for so long."""
    cells = [each.genotype for each in trained if each.steps == steps]
    return (100 * table.test[ways.rows(table, cells)]).tolist()


def markdown(found: dict[str, object]) -> str:
    """A table of what `run` returned."""
    lines = [
        "| search | test accuracy | rank of 15,625 | random architectures | "
        "processor time, s |",
        "|---|---|---|---|---|",
    ]
    for row in found["searches"]:
        lines.append(
            f"| seed {row['seed']} | {row['result']['test']:.2f} | "
            f"{row['result']['rank']:,} | {row['random']:.2f} | "
            f"{row['seconds']:.0f} |"
        )
    return "\n".join(lines) + "\n"
