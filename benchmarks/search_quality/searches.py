"""Whole searches with a number of hours, and how well what they find trains.

A search is made by the command that people use, on the images of `setting`.
What it finds is trained like the random architectures of `truth`, by two seeds.
"""

import json
import pathlib
import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.search_quality import setting, trainings, truth
from ednas_tf.analysis import intervals
from ednas_tf.space.genotype import Genotype

#: Random architectures that each result of `end` is compared with.
RIVALS = 5
_ROOT = pathlib.Path(__file__).parents[2]
SETTINGS = pathlib.Path(__file__).with_name("cifar10_16.yaml")
_SEEDS = 0, 1


class Search(NamedTuple):
    """A search.

    Attributes:
      hours: its time.
      evidence: `search.evidence`.
      seed: its seed.
    """

    hours: float
    evidence: str
    seed: int

    @property
    def name(self) -> str:
        return f"{self.evidence}_{self.hours:.2g}_hours_seed_{self.seed}"


#: What `end` and `budget` search.
END = tuple(Search(0.5, "both", seed) for seed in (1, 2, 3))
BUDGET = tuple(
    Search(hours, evidence, 1)
    for hours in (1 / 6, 0.5, 2.0)
    for evidence in ("shared", "both", "short")
)


def run(
    wanted: Iterable[Search], folder: pathlib.Path, data_dir, processes: int
) -> dict[str, dict]:
    """Makes searches and trains what they find; keeps what is done.

    Returns:
      For the name of each search: its genotype, its verdict (if it has one),
      and the test accuracies of two trainings in points.
    """
    found = {each.name: _search(each, folder, data_dir) for each in wanted}
    requests = [
        trainings.Request(
            *(f"{name}_training_{seed}", row["genotype"]),
            *(seed, setting.LENGTH, (setting.LENGTH,), True),
        )
        for name, row in found.items()
        for seed in _SEEDS
    ]
    trained = trainings.run(requests, folder / "found", data_dir, processes)
    for name, row in found.items():
        row["genotype"] = json.loads(row["genotype"].to_json())
        row["accuracies"] = [
            100 * trained[f"{name}_training_{seed}"]["test"]["accuracy"]
            for seed in _SEEDS
        ]
    return found


def _search(search, folder, data_dir):
    return made(
        folder / "searches" / search.name,
        data_dir,
        f"search.network.cells=5,search.evidence={search.evidence}",
        *(f"--hours={search.hours}", f"--seed={search.seed}"),
    )


def made(
    directory: pathlib.Path, data_dir, overrides: str, *flags: str
) -> dict[str, object]:
    """Makes a search by its command, unless it has been made.

    Args:
      directory: its model directory.
      data_dir: folder of TensorFlow Datasets that has CIFAR-10.
      overrides: settings that differ from those of cifar10_16.yaml.
      flags: further flags of `ednas_tf.search`.

    Returns:
      Its genotype, and its verdict (None if it has none).
    """
    if not (directory / "genotype.json").exists():
        subprocess.run(
            [
                *(sys.executable, "-m", "ednas_tf.search"),
                "--plugin=benchmarks.search_quality.cifar10_16",
                f"--config_file={SETTINGS}",
                f"--data_dir={data_dir}",
                f"--model_dir={directory.resolve()}",
                f"--params_override={overrides}",
                *flags,
            ],
            cwd=_ROOT,
            check=True,
        )
    verdict = directory / "verdict.json"
    return {
        "genotype": Genotype.from_json(
            (directory / "genotype.json").read_text()
        ),
        "verdict": json.loads(verdict.read_text())
        if verdict.exists()
        else None,
    }


def compared(
    found: dict[str, dict], random: Sequence[float]
) -> dict[str, object]:
    """Compares what searches found with random architectures.

    Args:
      found: what `run` returned.
      random: test accuracies in points of random architectures.

    Returns:
      searches: the name of each search -> its mean accuracy and its gain over
      the mean of random ones; gain, low, high, p: of all searches together, by
      a t test of their means; random: mean of the random ones.
    """
    means = {n: float(np.mean(row["accuracies"])) for n, row in found.items()}
    base = float(np.mean(random))
    rows = {
        name: {"accuracy": mean, "gain": mean - base}
        for name, mean in means.items()
    }
    whole = intervals.difference(list(means.values()), random)
    return {
        "searches": rows,
        "random": base,
        **{key: getattr(whole, key) for key in ("gain", "low", "high", "p")},
    }


def random_accuracies(whole: dict[str, dict], count: int) -> list[float]:
    """Test accuracies in points of the first random architectures."""
    return [
        100 * whole[f"{i:02}_seed_0"]["test"]["accuracy"]
        for i in range(min(count, truth.COUNT))
    ]
