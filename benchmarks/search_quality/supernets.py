"""Supernets that are trained by uniform sampling, and then frozen.

The weights are kept as an .npz file, so that a stopped benchmark goes on.
"""

import functools
import itertools
import json
import pathlib
import time
from collections.abc import Sequence

import numpy as np
import orbit
import tensorflow as tf

from benchmarks.search_quality import setting
from ednas_tf.loops import distribution
from ednas_tf.loops.schedule import CHILD, Schedule
from ednas_tf.loops.search.search_trainer import SearchTrainer
from ednas_tf.loops.search.supernet import Supernet
from ednas_tf.nets import architectures
from ednas_tf.space.genotype import Genotype

#: Child steps in one call of the compiled loop.
_AT_ONCE = 250


class Shared:
    """The training of a supernet by uniform sampling.

    Args:
      folder: gets supernet_SEED_STEPS.npz, and .json with the processor time
        in seconds so far.
      marks: numbers of child steps after which the weights are kept.
      seed: seed of the weights, the batches and the sampled architectures.
      overrides: settings that differ from those of `setting`.
    """

    def __init__(
        self, folder: pathlib.Path, marks: Sequence[int], seed=0, overrides=""
    ):
        self.folder, self.marks, self.seed = folder, marks, seed
        self.settings = setting.settings(
            seed, f"search.searcher=random,search.epochs=1,{overrides}"
        )

    def train(self, images) -> None:
        """Trains the supernet, unless its last weights are there."""
        if self.file(self.marks[-1]).exists():
            return
        task = setting.Measured(self.settings, images)
        trainer = SearchTrainer(
            *(task, self.settings, setting.searcher(self.settings)),
            Schedule(1, self.marks[-1], 1),
            distribution.strategy("one_device"),
        )
        done, seconds = 0, 0.0
        self.folder.mkdir(parents=True, exist_ok=True)
        for mark in self.marks:
            begin = time.process_time()
            while done < mark:
                steps = min(_AT_ONCE, mark - done)
                trainer.run(CHILD, tf.constant(steps))
                done += steps
            seconds += time.process_time() - begin
            file = self.file(mark)
            file.with_suffix(".json").write_text(
                json.dumps({"seconds": seconds})
            )
            variables = trainer.supernet.network.variables
            np.savez(file, *(each.numpy() for each in variables))
            print(
                f"supernet {self.seed}: {mark} child steps, {seconds:.0f} s",
                flush=True,
            )

    def weights(self, mark: int) -> list[np.ndarray]:
        """The weights after so many child steps."""
        return read(self.file(mark))

    def seconds(self, mark: int) -> float:
        """Processor time of so many child steps, in seconds."""
        text = self.file(mark).with_suffix(".json").read_text()
        return json.loads(text)["seconds"]

    def file(self, mark: int) -> pathlib.Path:
        """The file of the weights after so many child steps."""
        return self.folder / f"supernet_{self.seed}_{mark}.npz"


def read(file: str | pathlib.Path) -> list[np.ndarray]:
    """The weights that a file holds."""
    with np.load(file) as values:
        return [values[name] for name in values.files]


def ways(
    shared: Shared,
    frozen: "Frozen",
    cells: Sequence[Genotype],
    scored: Sequence[int],
    averaged: Sequence[int] = (),
) -> dict[str, dict[str, object]]:
    """The scores of architectures with the weights of a supernet, by name.

    Args:
      shared: the supernet, which was trained.
      frozen: computes the scores.
      cells: the architectures.
      scored: numbers of child steps whose weights score.
      averaged: numbers of child steps whose mean weights score, too.

    Returns:
      name -> `scores`, [cells], and `seconds` of processor time of the training
      and all scores.
    """
    weights = {f"{mark} steps": shared.weights(mark) for mark in scored}
    if averaged:
        weights[f"{averaged[-1]} steps, averaged"] = [
            np.mean(x, 0)
            for x in zip(*map(shared.weights, averaged), strict=True)
        ]
    found = {}
    for name, values in weights.items():
        frozen.assign(values)
        trained = shared.seconds(int(name.split()[0]))
        begin = time.process_time()
        scores = np.stack([frozen.scores(each, "policy") for each in cells])
        all_seconds = time.process_time() - begin
        for count, of in (
            (1, "one minibatch"),
            (frozen.batches, "all minibatches"),
        ):
            seconds = all_seconds * count / frozen.batches
            for i, measure in enumerate(("accuracy", "likelihood")):
                found[f"supernet of {name}, {measure}, {of}"] = {
                    "scores": scores[:, :count, i].mean(1).tolist(),
                    "seconds": trained + seconds,
                }
    return found


class Frozen:
    """A supernet that is only asked for rewards.

    Args:
      images: the images of the setting.
      overrides: settings that differ from those of `setting`.

    Attributes:
      task: the task of the search.
      supernet: the evaluator.
      batches: number of minibatches of all validation images.
    """

    def __init__(self, images, overrides: str = ""):
        settings = setting.settings(0, overrides)
        self.strategy = distribution.strategy("one_device")
        self.task = setting.Measured(settings, images)
        self.supernet = Supernet(
            self.task, settings, Schedule(1, 1, 1), self.strategy
        )
        self._scores = tf.function(self._batch_scores, autograph=False)
        _, self.batches = self.task.search_steps(1)
        # Making a data set takes as long as scoring some architectures.
        self._batches = functools.cache(self._first_batches)

    def assign(self, weights: Sequence[np.ndarray]) -> None:
        """Takes over the weights of a supernet."""
        for variable, value in zip(
            self.supernet.network.variables, weights, strict=True
        ):
            variable.assign(value)

    def scores(self, genotype, split: str, count: int | None = None):
        """Scores of an architecture on minibatches.

        Args:
          genotype: the architecture.
          split: "policy" for the validation images, or "test".
          count: number of minibatches; None for as many as there are validation
            images.

        Returns:
          Accuracy and mean log-likelihood of each, float32 [minibatches, 2].
        """
        packed = architectures.pack(
            architectures.from_genotype(self.task.space, genotype)
        )
        batches = self._batches(split)[:count]
        return np.stack([self._scores(packed, x).numpy() for x in batches])

    def _first_batches(self, split):
        self.task.scored = split
        batches = self.task.policy_batches(self.strategy, 0, "candidate")
        self.task.scored = "policy"
        return list(itertools.islice(batches, self.batches))

    def _batch_scores(self, packed, batch):
        architecture = architectures.unpack(self.task.space, packed)
        return self.supernet.scores(architecture, batch)

    def learner(self, searcher):
        """A compiled function that lets a searcher learn from rewards.

        Returns:
          (batches, seed, first, steps): the searcher learns in so many policy
          steps, whose draws are those of this seed and of the numbers of the
          steps.
        """
        state = {
            "seed": tf.Variable(0, trainable=False),
            "step": tf.Variable(0, trainable=False),
        }

        def step(iterator):
            searcher.learn(
                *(self.supernet, next(iterator)),
                tf.stack([state["seed"], state["step"]]),
            )
            state["step"].assign_add(1)

        step = tf.autograph.experimental.do_not_convert(step)
        loop = tf.function(orbit.utils.create_tf_while_loop_fn(step))

        def learn(batches, seed, first, steps):
            state["seed"].assign(seed)
            state["step"].assign(first)
            loop(batches, tf.constant(steps))

        return learn
