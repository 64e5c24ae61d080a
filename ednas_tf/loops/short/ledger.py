"""The short trainings of a run: those that are done, and those to do."""

import dataclasses
import math
import pathlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ednas_tf import errors, whole_files
from ednas_tf.analysis import trainings
from ednas_tf.analysis.trainings import Training
from ednas_tf.loops.opening import Run
from ednas_tf.loops.short.jobs import Job, Outcome
from ednas_tf.loops.short.workers import Workers
from ednas_tf.runs.names import TRAININGS_FILE, WEIGHTS_FOLDER
from ednas_tf.space import isomorphism
from ednas_tf.space.genotype import Genotype

#: Largest size of the file of trainings, in bytes.
_MOST_BYTES = 2**26


class Request(NamedTuple):
    """A short training that a search wants.

    Attributes:
      genotype: the architecture.
      origin, purpose, seed: see `trainings.Training`.
      begin, end: number of steps before it, and after it.
      keeps: whether its weights are kept, to train it on.
    """

    genotype: Genotype
    origin: str
    purpose: str
    seed: int
    begin: int
    end: int
    keeps: bool = False


class Ledger:
    """Has trainings done, and keeps what they gave in the run's directory.

    Each training is done once: a resumed run, and a genotype that describes the
    network of an earlier one, find it here.

    Args:
      run: the open run.
      workers: the processes that train.
      progress: is called with the number of steps of each training that ends.

    Attributes:
      trainings: all trainings, in the order of their requests.

    Raises:
      RunError: the file of the trainings is damaged.
    """

    def __init__(
        self, run: Run, workers: Workers, progress: Callable[[int], None]
    ):
        self._run, self._workers, self._progress = run, workers, progress
        self._space = run.task.space
        self._length = run.settings.search.short.steps
        self._folder = run.directory / WEIGHTS_FOLDER
        # Trainings by key; and by key and purpose, as the file has them.
        self._done, self._kept = {}, {}
        self.trainings = []
        for each in read(run.directory / TRAININGS_FILE, self._space):
            self._keep(self._key(each, each.steps), each)

    def _key(self, one: Training | Request, end: int):
        return isomorphism.key(self._space, one.genotype), one.seed, end

    def _keep(self, key, training: Training) -> bool:
        """Keeps a training; returns whether it is new, or its purpose is."""
        is_new = (key, training.purpose) not in self._kept
        self._kept.setdefault((key, training.purpose), training)
        self._done.setdefault(key, training)
        return is_new

    def get(self, requests: Sequence[Request]) -> list[Training]:
        """The trainings of these requests, in their order.

        Raises:
          RunError: a loss or a reward is not finite, or a process dies again
            and again.
          Interrupted: a signal stopped the run.
        """
        missing = {}
        for each in requests:
            key = self._key(each, each.end)
            if key not in self._done:
                missing.setdefault(key, each)
            else:
                self._progress(each.end - each.begin)
        if missing:
            self._do(missing)
        found = [
            _as_asked(self._done[self._key(each, each.end)], each)
            for each in requests
        ]
        # A training that serves two purposes is in the file for each.
        keys = [self._key(each, each.end) for each in requests]
        if any([self._keep(*each) for each in zip(keys, found, strict=True)]):
            self._save()
        self.trainings += found
        return found

    def _do(self, missing):
        """Has trainings done, and keeps each as soon as it has ended."""
        self._run.check_in_place()
        jobs = {key: self._job(each) for key, each in missing.items()}
        keys = {id(job): key for key, job in jobs.items()}
        try:
            for job, outcome in self._workers.run(list(jobs.values())):
                key = keys[id(job)]
                self._keep(key, _training(missing[key], outcome))
                self._save()
                self._progress(missing[key].end - missing[key].begin)
        except FileNotFoundError:
            # Weights could not be written: where is their folder?
            self._run.check_in_place()
            raise

    def _job(self, request: Request) -> Job:
        before = self._weights(request, request.begin)
        if request.keeps:
            self._folder.mkdir(exist_ok=True)
        # Without the weights, it is trained from the first step once more.
        begin = request.begin if request.begin and before.exists() else 0
        return Job(
            *(request.genotype, request.seed, self._length),
            *(begin, request.end),
            read=str(before) if begin else "",
            write=str(self._weights(request, request.end))
            if request.keeps
            else "",
        )

    def _weights(self, request: Request, steps: int) -> pathlib.Path:
        key, seed, _ = self._key(request, steps)
        return self._folder / f"{key}_{seed}_{steps}.npz"

    def drop(self, requests: Sequence[Request]) -> None:
        """Removes the weights of trainings that are not trained on."""
        for each in requests:
            self._weights(each, each.end).unlink(missing_ok=True)

    def _save(self) -> None:
        lines = trainings.to_lines(self._kept.values())
        self._run.write(TRAININGS_FILE, lines.encode())

    def close(self) -> None:
        """Removes all weights: the search has its result."""
        if self._folder.is_dir():
            for file in self._folder.glob("*.npz"):
                file.unlink(missing_ok=True)
            self._folder.rmdir()


def read(file: pathlib.Path, space) -> list[Training]:
    """Reads the trainings of a run; none if there is no such file.

    Raises:
      RunError: the file is damaged.
    """
    if not file.exists():
        return []
    try:
        text = whole_files.read(file, "the trainings of a run", _MOST_BYTES)
        return trainings.from_lines(text, space)
    except (errors.RequestError, ValueError) as error:
        raise errors.RunError(
            f"{file}: expected the short trainings of this run, found "
            f"something else: {error}; move the file away to begin them anew"
        ) from None


def _training(request: Request, outcome: Outcome) -> Training:
    # A job that goes on from the rung before has the second half only.
    last = outcome.sums["loss"][-math.ceil(request.end / 2) :]
    found = Training(
        *(request.genotype, request.origin, request.purpose),
        *(request.seed, request.end),
        loss=float(np.mean(last, dtype=np.float64)),
        reward=outcome.reward,
        seconds=outcome.seconds,
    )
    if not trainings.is_finite(found):
        raise errors.RunError(
            "a short training: the loss or the reward is not finite; finished "
            "trainings are kept; lower search.optimizer.learning_rate in a new "
            f"--model_dir; the architecture was {request.genotype.to_json()}"
        )
    return found


def _as_asked(found: Training, request: Request) -> Training:
    """A training under the names of another request for the same.

    What it took counts once.
    """
    seconds = found.seconds if request.purpose == found.purpose else 0.0
    return dataclasses.replace(
        found, origin=request.origin, purpose=request.purpose, seconds=seconds
    )
