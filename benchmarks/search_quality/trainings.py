"""Trains architectures, and keeps what each training gave as a file.

Each training is a JSON file in a folder, so that a stopped benchmark goes on
with the ones that are missing.
"""

import json
import multiprocessing
import pathlib
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ednas_tf.space.genotype import Genotype

#: Parts of a training over which its losses and accuracies are averaged.
PARTS = 48


class Request(NamedTuple):
    """A training.

    Attributes:
      name: name of its file.
      genotype: the architecture.
      seed: seed of weights and batches.
      length: steps over which the learning rate falls.
      marks: numbers of steps after which validation images are scored.
      tests: whether the test images are scored at the end.
    """

    name: str
    genotype: Genotype
    seed: int
    length: int
    marks: tuple[int, ...]
    tests: bool


def run(
    requests: Sequence[Request], folder: pathlib.Path, data_dir, processes: int
) -> dict[str, dict]:
    """Runs the trainings that are missing; returns all by name."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [each for each in requests if not _file(folder, each).exists()]
    if missing:
        context = multiprocessing.get_context("spawn")
        with context.Pool(processes, _prepare, (data_dir,)) as pool:
            begin = time.time()
            done = pool.imap_unordered(_train, missing)
            for number, (request, found) in enumerate(done, 1):
                _file(folder, request).write_text(json.dumps(found))
                print(
                    f"{request.name}: {number} of {len(missing)} trainings, "
                    f"{time.time() - begin:.0f} s",
                    flush=True,
                )
    return {
        each.name: json.loads(_file(folder, each).read_text())
        for each in requests
    }


def _file(folder, request):
    return folder / f"{request.name}.json"


def _prepare(data_dir):
    global _task, _trainer
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(2)
    from benchmarks.search_quality import setting

    _task = setting.Measured(setting.settings(), setting.images(data_dir))
    _trainer = setting.trainer(_task)


def _train(request: Request) -> tuple[Request, dict]:
    trainer = _trainer
    trainer.begin(request.genotype, request.seed, request.length)
    _task.scored = "policy"
    sums, marks, seconds = [], {}, 0.0
    for mark in request.marks:
        begin = time.process_time()
        sums.append(trainer.train(mark - trainer.steps))
        seconds += time.process_time() - begin
        accuracy, likelihood = map(float, trainer.score())
        marks[str(mark)] = {
            "accuracy": accuracy,
            "log_likelihood": likelihood,
            "seconds": seconds,
            "seconds_of_score": time.process_time() - begin,
        }
    found = {
        "genotype": request.genotype.to_json(),
        "seed": request.seed,
        "length": request.length,
        "marks": marks,
        "while_training": {
            name: _averaged(np.concatenate([part[name] for part in sums]))
            for name in sums[0]
        },
    }
    if request.tests:
        _task.scored = "test"
        accuracy, likelihood = map(float, trainer.score())
        found["test"] = {"accuracy": accuracy, "log_likelihood": likelihood}
    return request, found


def _averaged(values) -> list[float]:
    parts = np.array_split(values, PARTS)
    return [round(float(np.mean(part)), 5) for part in parts]
