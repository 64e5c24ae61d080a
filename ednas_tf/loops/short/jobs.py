"""What a short training is asked for, and what it gives."""

from typing import NamedTuple

import numpy as np

from ednas_tf.space.genotype import Genotype


class Job(NamedTuple):
    """A request to train an architecture from one step to another.

    Attributes:
      genotype: the architecture.
      seed: seed of its initial weights and its batches.
      length: number of steps over which the learning rate falls.
      begin: number of steps that were done before; 0 for fresh weights.
      end: number of steps in all when the job is done.
      read: the file with the weights after `begin` steps; empty if that is 0.
      write: the file to write the weights to at the end; empty for none.
    """

    genotype: Genotype
    seed: int
    length: int
    begin: int
    end: int
    read: str = ""
    write: str = ""


class Outcome(NamedTuple):
    """What a job gave.

    Attributes:
      score: `Task.score` on all validation data, float32 [k].
      reward: the reward that follows from it.
      sums: for each name in `Task.sums` its value in each step of the job,
        float32 [end - begin].
      seconds: processor time that the steps and the score took.
      step_seconds, score_seconds: time that each step, and the score, took.
    """

    score: np.ndarray
    reward: float
    sums: dict[str, np.ndarray]
    seconds: float
    step_seconds: float
    score_seconds: float
