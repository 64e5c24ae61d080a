"""The outer loop of a search: epochs, checkpoints, what a person sees."""

import contextlib
import dataclasses
import pathlib
import shlex

import keras
import numpy as np
import tensorflow as tf

from ednas_tf import errors, ops, searchers, seeds, tasks, whole_files
from ednas_tf.analysis import health
from ednas_tf.analysis.policies import Policies
from ednas_tf.analysis.policy_history import FILE as HISTORY_FILE
from ednas_tf.analysis.policy_history import PolicyHistory
from ednas_tf.loops import distribution, epochs
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.search import derivation, expected_time
from ednas_tf.loops.search.search_trainer import SearchTrainer
from ednas_tf.monitor import live, terminal
from ednas_tf.runs import run_directory
from ednas_tf.settings import schema

GENOTYPE_FILE = "genotype.json"


def search(
    settings: schema.Settings, directory: pathlib.Path
) -> derivation.Candidate:
    """Searches and derives; goes on where an earlier start was stopped.

    Args:
      settings: of the run.
      directory: is given the settings, checkpoints, summaries, the history of
        the policies, the candidates and the best of them as a genotype.

    Returns:
      The best candidate.

    Raises:
      RequestError: the settings cannot be met; nothing was written.
      RunError: a number was not finite, or a file cannot be read or written.
      LostProcess: another process of the run was lost.
      Interrupted: by a signal.
    """
    writes = distribution.is_writer(settings.runtime)
    check(settings, directory, writes)
    strategy = distribution.set_up(settings.runtime)
    task = tasks.make(settings)
    distribution.check_agreement(
        strategy, f"run {settings.fingerprint()}, data {task.provenance()}"
    )
    task.check_search()
    steps = schedule(settings, task, strategy.num_replicas_in_sync)
    with contextlib.ExitStack() as stack:
        if writes:
            stack.enter_context(run_directory.opened(directory, settings, task))
        stack.enter_context(distribution.noticing_losses(strategy))
        task.warn_search()
        keras.utils.set_random_seed(seeds.derive(settings.seed, "weights"))
        searcher = searchers.make(
            settings.search.searcher,
            task.space,
            seeds.derive(settings.seed, "policies"),
            settings.policy,
        )
        trainer = SearchTrainer(task, settings, searcher, steps, strategy)
        history = _run_epochs(settings, directory, trainer, writes)
        candidates = derivation.derive(task, settings, trainer, strategy)
        if writes:
            found = Policies(task.space, history.arrays)
            print(terminal.closing_summary(found, candidates))
            _write_result(settings, directory, candidates)
    return candidates[0]


def check(
    settings: schema.Settings, directory: pathlib.Path, writes: bool = True
) -> None:
    """Raises `RequestError` unless the search can be begun, or gone on with.

    The data set is not looked at.

    Args:
      settings: of the run.
      directory: of the run.
      writes: whether this process is to write to it.
    """
    _check_names(settings)
    run_directory.check(directory, settings, writes)
    holds_training = (directory / GENOTYPE_FILE).exists() and not (
        directory / HISTORY_FILE
    ).exists()
    if holds_training:
        raise errors.RequestError(
            f"{directory}: holds a training, or a search without its "
            f"{HISTORY_FILE}; choose another --model_dir"
        )


def _check_names(settings):
    searchers.check(settings.search.searcher)
    family = tasks.kind(settings.task).family
    known = ops.names(family)
    for name in settings.search.space.ops:
        if name not in known:
            raise errors.RequestError(
                f"search.space.ops: unknown operation {errors.shown(name)} of "
                f"{family} cells, {errors.nearest(name, known)}"
            )


def schedule(settings: schema.Settings, task, replicas: int) -> Schedule:
    """The steps of a search.

    Raises:
      RequestError: the data do not do for a minibatch.
    """
    search = settings.search
    child, policy = task.search_steps(replicas)
    return Schedule(
        search.epochs,
        search.child_steps or child,
        search.policy_steps or policy,
    )


def _run_epochs(settings, directory, trainer, writes):
    """Returns the history of the policies."""
    schedule, searcher = trainer.schedule, trainer.searcher
    left = epochs.Epochs(
        "search",
        trainer,
        schedule,
        directory,
        settings.runtime,
        settings.fingerprint(),
        writes,
    )
    write = whole_files.write if writes else lambda *_: None
    history = PolicyHistory(directory / HISTORY_FILE, write)
    start = int(trainer.global_step.numpy())
    if start:
        history.go_on(start // schedule.steps_per_epoch)
    else:
        history.add(_policies(searcher))
        told = expected_time.tell(trainer)
        if writes and told:
            print(told)
    shown = live.Live(schedule.epochs, settings.runtime.figures_every)
    for epoch in left:
        row = _policies(searcher) | trainer.end_epoch()
        history.add(row)
        images = {}
        if writes:
            policies = Policies(trainer.task.space, history.arrays)
            learns = bool(searcher.trainable_variables)
            if learns:
                health.check_epoch(epoch, schedule.epochs, row)
            shown.tell(policies, learns)
            images = shown.images(policies)
        with left.controller.summary_manager.summary_writer().as_default():
            _write_summaries(searcher, images)
    return history


def _policies(searcher):
    values = {
        f"probabilities/{name}": value.numpy()
        for name, value in searcher.probabilities().items()
    }
    return values | {"baseline": searcher.baseline.numpy()}


def _write_summaries(searcher, images):
    """Entropies as scalars, probabilities as histograms, and the images."""
    for name, entropy in searcher.entropies().items():
        for i, value in enumerate(np.atleast_1d(entropy.numpy())):
            suffix = f"/edge_{i}" if entropy.shape.rank else ""
            tf.summary.scalar(f"entropy/{name}{suffix}", value)
    for name, value in searcher.probabilities().items():
        tf.summary.histogram(f"probabilities/{name}", value)
    for name, image in images.items():
        tf.summary.image(name, image[np.newaxis])


def _write_result(settings, directory, candidates):
    best = candidates[0]
    rescored = {}
    if best.validation_reward is not None:
        rescored["validation_reward"] = best.validation_reward
    command = shlex.join(
        [
            *("python", "-m", "ednas_tf.train"),
            f"--config_file={directory / run_directory.SETTINGS_FILE}",
            f"--genotype={directory / GENOTYPE_FILE}",
            f"--model_dir={directory / 'train'}",
        ]
    )
    described = dataclasses.replace(
        best.genotype,
        provenance={
            "reward": best.reward,
            "settings_fingerprint": settings.fingerprint(),
            "command": command,
            **rescored,
        },
    )
    content = described.to_json().encode()
    table = derivation.to_csv(candidates)
    whole_files.write(directory / "candidates.csv", table.encode())
    file = directory / GENOTYPE_FILE
    whole_files.write(file, content)
    print(
        f"best of {len(candidates)} candidates: reward {best.reward:.4f}, "
        f"in {file}\nnext: {command}"
    )
