"""The outer loop of a training: epochs, checkpoints, the result."""

import json
import pathlib
import shlex

from ednas_tf import errors, tasks
from ednas_tf.loops import distribution, epochs, opening
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.train import best_weights, results
from ednas_tf.loops.train.best_weights import BestWeights
from ednas_tf.loops.train.train_trainer import TrainTrainer
from ednas_tf.monitor import terminal
from ednas_tf.runs import run_directory
from ednas_tf.runs.names import GENOTYPE_FILE, HISTORY_FILE, RESULT_FILE
from ednas_tf.settings import schema
from ednas_tf.space import genotype, reading


def train(
    settings: schema.Settings,
    described: genotype.Genotype,
    directory: pathlib.Path,
) -> dict[str, object]:
    """Trains and tests; goes on where an earlier start was stopped.

    Args:
      settings: of the run.
      described: the architecture, as `results.read_genotype` returns it.
      directory: is given the settings, the genotype, checkpoints, the weights
        that were tested, summaries and the result.

    Returns:
      test_<name> for all that the task's `evaluated` tells, as test_accuracy
      and test_images; validation_<measure>, of the same weights, where the
      task validates; parameters, trainable ones, and auxiliary_parameters;
      multiply_adds; seconds, of steps and evaluations; epochs; steps, of all
      epochs; best_step, after which the weights were tested; seed; what the
      task tells of its data; genotype_fingerprint; settings_fingerprint.

    Raises:
      RequestError: the settings cannot be met; nothing was written.
      RunError: a number was not finite, or a file cannot be read or written.
      LostProcess: another process of the run was lost.
      Interrupted: by a signal.
    """
    writes = distribution.is_writer(settings.runtime)
    run_directory.check(directory, settings, writes)
    kind = tasks.kind(settings.task)
    reading.check_family(described, kind.family, f"task is {settings.task}")
    described = _genotype_of(directory, described)
    if (directory / RESULT_FILE).exists():
        result = results.read_result(directory, settings.task)
        _print_result(result, kind, directory)
        return result
    with opening.opened(settings, directory, _plan) as run:
        if run.writes:
            # Another process may have begun a training since the check.
            described = _genotype_of(directory, described)
            text = described.to_json()
            run.write(GENOTYPE_FILE, text.encode())
        run.task.announce()
        trainer = TrainTrainer(
            run.task, settings, described, run.schedule, run.strategy
        )
        best = _run_epochs(run, described, trainer)
        best.restore()
        result = _result(settings, described, trainer)
        if run.writes:
            text = json.dumps(result, indent=2) + "\n"
            run.write(RESULT_FILE, text.encode())
    _print_result(result, kind, directory)
    return result


def _plan(task, replicas):
    check(task, replicas)
    return schedule(task, replicas)


def check(task: tasks.Task, replicas: int) -> None:
    """Raises `RequestError` unless a network can be trained so.

    Args:
      task: what the network is for, with the settings of the run.
      replicas: number of replicas that share a batch.
    """
    settings = task.settings
    _check_xla(settings, replicas)
    task.check_train()
    checks = settings.train.nonmonotone_checks
    if checks and settings.train.ema_decay:
        raise errors.RequestError(
            "train.nonmonotone_checks: expected 0, as train.ema_decay asks for "
            f"another average of the weights, found {checks}; leave one of them"
        )
    if checks and not task.validates:
        raise errors.RequestError(
            "train.nonmonotone_checks: expected 0, as nothing is kept for "
            f"validation, found {checks}; set train.validation_images"
        )


def _check_xla(settings, replicas):
    if settings.runtime.xla and settings.runtime.deterministic:
        raise errors.RequestError(
            "runtime.xla: expected false with --deterministic, as XLA has no "
            "deterministic gradient of max_pool_3x3, found true; leave one of "
            "them"
        )
    if settings.runtime.xla and replicas > 1:
        raise errors.RequestError(
            "runtime.xla: expected false with several devices, which share "
            f"the statistics of a batch, found true with {replicas}; choose "
            "--distribution_strategy=one_device"
        )


def _run_epochs(run, described, trainer):
    """Runs the epochs that are left; returns the best weights."""
    identity = best_weights.identity(run.settings, described)
    left = epochs.Epochs("train", trainer, run, identity)
    best = BestWeights(
        trainer, run.directory, run.writes, identity, run.check_in_place
    )
    pace = terminal.Pace()
    planned, measure = run.settings.train.epochs, run.task.measure
    for epoch in left:
        with left.controller.summary_manager.summary_writer().as_default():
            found = best.end_epoch(last=epoch == planned)
        if run.writes:
            validated = None
            if found:
                validated = found[measure], float(trainer.best_measure.numpy())
            seconds = pace.left(planned - epoch)
            print(
                terminal.training_line(
                    epoch, planned, trainer.told, measure, validated, seconds
                )
            )
    return best


def _genotype_of(directory, asked):
    """The genotype of the run in `directory`, which must equal `asked`.

    The one held is taken: of equal ones the edges may stand in another order,
    and by that order a checkpoint finds the weights.
    """
    if (directory / HISTORY_FILE).exists():
        raise errors.RequestError(
            f"{directory}: holds a search; choose another --model_dir"
        )
    file = directory / GENOTYPE_FILE
    if not file.exists():
        return asked
    held = results.read_genotype(file)
    if held != asked:
        raise errors.RequestError(
            f"{directory}: holds a run with another genotype "
            f"({held.fingerprint()} there, {asked.fingerprint()} asked for); "
            "choose another --model_dir"
        )
    return held


def schedule(task: tasks.Task, replicas: int) -> Schedule:
    """The steps of a training.

    Args:
      task: what the network is for, with the settings of the run.
      replicas: number of replicas that share a batch.

    Raises:
      RequestError: the data do not do for a minibatch.
    """
    train = task.settings.train
    a_pass = task.train_steps(replicas)
    return Schedule(train.epochs, train.steps or a_pass, policy_steps=0)


def _result(settings, described, trainer):
    task = trainer.task
    counts = task.count(described)
    found = trainer.evaluate(test=True, final=True)
    result = {f"test_{name}": value for name, value in found.items()}
    if task.validates:
        found = trainer.evaluate(final=True)
        result[f"validation_{task.measure}"] = found[task.measure]
    return result | {
        "parameters": counts.parameters,
        "auxiliary_parameters": counts.auxiliary_parameters,
        "multiply_adds": counts.multiply_adds,
        "seconds": round(float(trainer.seconds.numpy()), 3),
        "epochs": settings.train.epochs,
        "steps": int(trainer.global_step.numpy()),
        "best_step": int(trainer.best_step.numpy()),
        "seed": settings.seed,
        **task.provenance(),
        "genotype_fingerprint": described.fingerprint(),
        "settings_fingerprint": settings.fingerprint(),
    }


def _print_result(result, kind, directory):
    command = shlex.join(
        [
            *("python", "-m", "ednas_tf.export.saved_model"),
            f"--model_dir={directory}",
            f"--export_dir={directory / 'export'}",
        ]
    )
    print(
        f"test {kind.measure} {results.tested(result, kind)}, in "
        f"{directory / RESULT_FILE}\nnext: {command}"
    )
