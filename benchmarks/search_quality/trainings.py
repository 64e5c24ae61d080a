"""Trains architectures, and keeps what each training gave as a file.

Each training is a JSON file in a folder, so that a stopped benchmark goes on
with the ones that are missing.
"""

import json
import multiprocessing
import pathlib
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.search_quality import supernets
from ednas_tf.space.genotype import Genotype

#: The losses while training are kept as means of so many steps.
BLOCK = 10


class Request(NamedTuple):
    """A training.

    Attributes:
      name: name of its file.
      genotype: the architecture.
      seed: seed of weights and batches.
      length: steps over which the learning rate falls.
      marks: numbers of steps after which validation images are scored.
      tests: whether the test images are scored at the end.
      weights: file of the supernet's weights that it begins with; empty for
        fresh ones.
    """

    name: str
    genotype: Genotype
    seed: int
    length: int
    marks: tuple[int, ...]
    tests: bool
    weights: str = ""


def run(
    requests: Sequence[Request], folder: pathlib.Path, data_dir, processes: int
) -> dict[str, dict]:
    """Runs the trainings that are missing; returns all by name."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [each for each in requests if not _file(folder, each).exists()]
    for request, found in done(missing, data_dir, processes):
        _file(folder, request).write_text(json.dumps(found))
    return {
        each.name: json.loads(_file(folder, each).read_text())
        for each in requests
    }


def done(
    requests: Sequence[Request], data_dir, processes: int, overrides: str = ""
) -> Iterator[tuple[Request, dict]]:
    """Runs trainings, several at once; yields each as it ends.

    Args:
      requests: the trainings.
      data_dir: folder of TensorFlow Datasets that has CIFAR-10.
      processes: number of trainings at once.
      overrides: settings that differ from those of `setting`.
    """
    if not requests:
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, _prepare, (data_dir, overrides)) as pool:
        begin = time.time()
        ended = pool.imap_unordered(_train, requests)
        for number, (request, found) in enumerate(ended, 1):
            print(
                f"{request.name}: {number} of {len(requests)} trainings, "
                f"{time.time() - begin:.0f} s",
                flush=True,
            )
            yield request, found


def _file(folder, request):
    return folder / f"{request.name}.json"


def _prepare(data_dir, overrides):
    global _task, _trainer
    from benchmarks.search_quality import setting

    setting.use_one_thread()
    _task = setting.Measured(
        setting.settings(0, overrides), setting.images(data_dir)
    )
    _trainer = setting.trainer(_task)


def _train(request: Request) -> tuple[Request, dict]:
    trainer = _trainer
    trainer.begin(request.genotype, request.seed, request.length)
    if request.weights:
        _take_over(trainer, request)
    _task.scored = "policy"
    parts, marks, seconds = [], {}, 0.0
    for mark in request.marks:
        begin = time.process_time()
        parts.append(trainer.train(mark - trainer.steps))
        seconds += time.process_time() - begin
        accuracy, likelihood = map(float, trainer.score())
        marks[str(mark)] = {
            "accuracy": accuracy,
            "log_likelihood": likelihood,
            "seconds": seconds,
            "seconds_of_score": time.process_time() - begin,
            "while_training": {
                name: _second_half([part[name] for part in parts])
                for name in parts[0]
            },
        }
    found = {
        "genotype": request.genotype.to_json(),
        "seed": request.seed,
        "length": request.length,
        "marks": marks,
        "losses": _blocks([part["loss"] for part in parts]),
    }
    if request.tests:
        _task.scored = "test"
        accuracy, likelihood = map(float, trainer.score())
        found["test"] = {"accuracy": accuracy, "log_likelihood": likelihood}
    return request, found


def _take_over(trainer, request):
    """Begins with the weights of a supernet, in place of fresh ones."""
    weights = supernets.read(request.weights)
    values = weights + trainer.values()[len(weights) :]
    trainer.restore(request.genotype, request.seed, request.length, 0, values)


def _blocks(parts) -> list[float]:
    """Means of `BLOCK` steps each, without the first ones if any are left."""
    values = np.concatenate(parts)
    values = values[len(values) % BLOCK :].reshape(-1, BLOCK)
    return np.round(values.mean(1), 4).tolist()


def _second_half(parts) -> float:
    values = np.concatenate(parts)
    return round(float(np.mean(values[len(values) // 2 :])), 5)
