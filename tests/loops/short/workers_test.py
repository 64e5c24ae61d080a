"""Processes that train: they give the same, and are started again."""

import os
import signal

import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.loops.short import workers
from ednas_tf.loops.short.jobs import Job
from ednas_tf.settings import resolve
from tests.loops.short import short_training_test

genotypes = short_training_test.genotypes
training = short_training_test.training


def settings():
    overrides = f"{short_training_test.TINY},runtime.processes=2"
    return resolve.resolve("digits", overrides=overrides)


def children(pool):
    return list(pool._pool._processes.values())


def test_processes_give_what_this_one_gives(training, genotypes, tmp_path):
    file = tmp_path / "weights.npz"
    jobs = [
        Job(genotypes[0], 0, 8, 0, 4, write=str(file)),
        Job(genotypes[1], 0, 8, 0, 8),
        Job(genotypes[0], 0, 8, 0, 8),
    ]
    with workers.Workers(settings()) as pool:
        found, killed = {}, False
        for job, outcome in pool.run(jobs):
            found[jobs.index(job)] = outcome
            if not killed:
                # The jobs that its death interrupts are done once more.
                killed = True
                os.kill(children(pool)[0].pid, signal.SIGKILL)
        on = Job(genotypes[0], 0, 8, 4, 8, read=str(file))
        ((_, further),) = pool.run([on])
        processes = children(pool)
    assert not any(process.is_alive() for process in processes)
    # A training in two parts is the same, to the bit, as one in a single part.
    whole = found[2].sums["loss"]
    np.testing.assert_array_equal(found[0].sums["loss"], whole[:4])
    np.testing.assert_array_equal(further.sums["loss"], whole[4:])
    assert further.reward == found[2].reward
    for number, job in enumerate(jobs):
        training.begin(job.genotype, job.seed, 8)
        losses = training.train(job.end)["loss"]
        outcome = found[number]
        # Sums of other numbers of threads differ in their last bits, and each
        # step enlarges that.
        np.testing.assert_allclose(
            outcome.sums["loss"][:4], losses[:4], rtol=5e-3
        )
        np.testing.assert_allclose(outcome.sums["loss"], losses, rtol=0.05)
        reward = float(training.task.reward(training.score()))
        assert outcome.reward == pytest.approx(reward, abs=0.04)
        assert outcome.seconds > 0


class Trainer:
    """Has weights and settings, and trains nothing."""

    def __init__(self, wanted, *weights):
        self.settings = wanted
        self.weights = [np.float32(each) for each in weights]

    def values(self):
        return self.weights


def test_weights_on_disk_are_read_by_their_search_only(tmp_path, monkeypatch):
    file = tmp_path / "weights.npz"

    def read_by(wanted, *weights):
        monkeypatch.setattr(workers, "_trainer", Trainer(wanted, *weights))
        return workers._read(file)

    monkeypatch.setattr(workers, "_trainer", Trainer(settings(), [1, 2], 3))
    workers._write(file)
    found = read_by(settings(), [0, 0], 0)
    assert [each.tolist() for each in found] == [[1, 2], 3]
    other = settings()
    other.seed = 7
    assert read_by(other, [0, 0], 0) is None
    # Another number of weights, and another shape.
    assert read_by(settings(), [0, 0]) is None
    assert read_by(settings(), [0, 0], [0]) is None
    file.write_bytes(file.read_bytes()[:-9])
    assert read_by(settings(), [0, 0], 0) is None


def test_processes_that_die_every_time_end_the_run(monkeypatch, genotypes):
    deaths = []

    def die(self, jobs):
        deaths.append(len(jobs))
        raise workers.BrokenProcessPool
        yield

    monkeypatch.setattr(workers.Workers, "_run_once", die)
    with workers.Workers(settings()) as pool:
        with pytest.raises(errors.RunError, match="died 3 times in a row"):
            list(pool.run([Job(genotypes[0], 0, 8, 0, 4)]))
    assert deaths == [1, 1, 1]
