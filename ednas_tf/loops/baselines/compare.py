"""Trains the baselines of a finished training, in the same way as it."""

import json
import pathlib
import time

from ednas_tf import errors, machine, tasks, whole_files, wording
from ednas_tf.loops import opening
from ednas_tf.loops.baselines import verdict
from ednas_tf.loops.train import results, train_loop
from ednas_tf.loops.train.train_trainer import TrainTrainer
from ednas_tf.runs import run_directory
from ednas_tf.runs.names import LINEAR_FILE, RESULT_FILE, SETTINGS_FILE
from ednas_tf.settings import schema


def reason_against(settings: schema.Settings) -> str:
    """Why there are no baselines for a training; empty if there are.

    Args:
      settings: the settings of the training.
    """
    if not tasks.kind(settings.task).has_baselines:
        task = settings.task.replace("_", " ")
        return f"there are none for {task}"
    strategy = settings.runtime.distribution_strategy
    if strategy != "one_device" and machine.here(strategy).devices > 1:
        return "they are trained on one device only"
    return ""


def compare(
    training: pathlib.Path,
    directory: pathlib.Path,
    runtime: dict[str, object] | None = None,
) -> dict[str, object]:
    """Trains the baselines of a training; resumes an earlier start.

    They are a linear model, and a plain network that costs no more than the
    network of the training. It is trained with the same data, augmentation,
    optimizer, batches and epochs.

    Args:
      training: the directory of the finished training.
      directory: the directory of the baselines.
      runtime: settings of the section `runtime` that replace the training's.

    Returns:
      The result, as it is written to result.json: under "linear" and "plain"
      each model's "name", "test_<name>" as in the result of a training, and
      "seconds"; of the plain network also its size, epochs and steps; and the
      fingerprints of the training.

    Raises:
      RequestError: there is no finished training, or it has no baselines.
      RunError, LostProcess, Interrupted: see `train_loop.train`.
    """
    settings = run_directory.load(training / SETTINGS_FILE)
    settings.override({"runtime": runtime or {}})
    reason = reason_against(settings)
    if reason:
        raise errors.RequestError(
            f"{training}: expected a training with baselines, but {reason}; "
            "give the --model_dir of another training"
        )
    found = results.read_result(training, settings.task)
    # A plain network has no auxiliary head.
    settings.train.auxiliary_weight = 0.0
    run_directory.check(directory, settings)
    if (directory / RESULT_FILE).exists():
        result = read(directory, found)
    else:
        result = _train(settings, directory, found)
    kind = tasks.kind(settings.task)
    for line in verdict.lines(found, result, kind):
        print(wording.wrapped(line))
    print(wording.wrapped(f"baselines: in {directory / RESULT_FILE}"))
    return result


def _train(settings, directory, found):
    with opening.opened(settings, directory, train_loop.schedule) as run:
        run.task.check_result(found, directory)
        linear = _linear(run)
        plain = run.task.plain_network(found["multiply_adds"])
        print(wording.wrapped(f"baseline: {plain.described}, trained alike"))
        trainer = TrainTrainer(
            *(run.task, settings, None, run.schedule, run.strategy),
            plain.make,
        )
        identity = f"{plain.described}, settings {settings.fingerprint()}"
        best = train_loop.run_epochs(run, identity, trainer)
        best.restore()
        tested = train_loop.tested(trainer, plain.counts)
        result = {
            "linear": linear,
            "plain": {"name": plain.described, **tested},
            **_of(found),
        }
        run.write(RESULT_FILE, _text(result))
    return result


def _linear(run):
    """The result of the linear model, from an earlier start if there was one.

    It is in a file of its own, as it is there long before the other one.
    """
    file = run.directory / LINEAR_FILE
    if file.exists():
        return whole_files.read_json(file, "the result of a linear model")
    begin = time.monotonic()
    name, metrics = run.task.linear_model()
    result = {
        "name": name,
        **{f"test_{key}": value for key, value in metrics.items()},
        "seconds": round(time.monotonic() - begin, 3),
    }
    run.write(LINEAR_FILE, _text(result))
    return result


def read(
    directory: pathlib.Path, found: dict[str, object]
) -> dict[str, object]:
    """Reads the result of baselines.

    Args:
      directory: the directory of the baselines.
      found: the result of the training that they were compared with.

    Raises:
      RequestError: the file is damaged, or is about another training.
    """
    file = directory / RESULT_FILE
    result = whole_files.read_json(file, "the result of baselines")
    if not verdict.is_result(result):
        raise errors.RequestError(
            f"{file}: expected the result of baselines, found "
            f"{errors.shown(result)}; remove the directory, and run the "
            "command again"
        )
    if {name: result.get(name) for name in _of(found)} != _of(found):
        raise errors.RequestError(
            f"{file}: expected the baselines of this training, found those of "
            "another one; remove the directory, and run the command again"
        )
    return result


def _of(found):
    """What tells a training from others."""
    names = "settings_fingerprint", "genotype_fingerprint"
    return {f"training_{name}": found.get(name) for name in names}


def _text(result):
    return (json.dumps(result, indent=2) + "\n").encode()
