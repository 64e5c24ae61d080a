"""The outer loop of a training: epochs, validation and result."""

import json
import pathlib
from collections.abc import Iterable

from ednas_tf import children, errors, tasks, wording
from ednas_tf.loops import distribution, epochs, opening
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.train import (
    best_weights,
    initial_weights,
    results,
    train_budget,
)
from ednas_tf.loops.train.best_weights import BestWeights
from ednas_tf.loops.train.initial_weights import InitialWeights
from ednas_tf.loops.train.train_trainer import TrainTrainer
from ednas_tf.monitor import terminal
from ednas_tf.nets import counting
from ednas_tf.runs import run_directory
from ednas_tf.runs.names import (
    BEST_FOLDER,
    CHECKPOINTS_FOLDER,
    GENOTYPE_FILE,
    HISTORY_FILE,
    INITIAL_WEIGHTS_FILE,
    RESULT_FILE,
    SETTINGS_FILE,
)
from ednas_tf.settings import schema
from ednas_tf.space import reading
from ednas_tf.space.genotype import Genotype


def train(
    settings: schema.Settings,
    genotype: Genotype,
    directory: pathlib.Path,
    weights: InitialWeights | None = None,
    is_kept: bool = True,
    announces: bool = True,
) -> dict[str, object]:
    """Trains and tests a derived network; resumes an earlier start.

    Args:
      settings: the settings of the run.
      genotype: the architecture, as `results.read_genotype` returns it.
      directory: directory of the run, for settings, genotype, checkpoints,
        tested weights, summaries and the result.
      weights: what the training begins with; None for random weights.
      is_kept: whether the directory stays, so that what is in it is named.
      announces: whether it says what the data are: once is enough for several
        trainings.

    Returns:
      The result, as it is written to result.json:
        test_<name>: the task's `evaluation_metrics` on the test data, such as
          test_accuracy and test_images.
        validation_<measure>: the measure on the validation data, if the task
          validates.
        parameters, auxiliary_parameters, multiply_adds: see `counting.Counts`.
        seconds: time of steps and evaluations.
        epochs, steps: numbers of epochs and of all steps.
        best_step: the step after which the tested weights were saved.
        seed: the random seed.
        initial_weights: where the weights are from that it began with, and
          the epochs that they were trained for; only if they were not random.
        What the task's `provenance` records of the data.
        genotype_fingerprint, settings_fingerprint: digests.

    Raises:
      RequestError: the training is not possible; nothing was written.
      RunError: a number was not finite, or a file cannot be read or written.
      LostProcess: another process of the run was lost.
      Interrupted: a signal stopped the run.
    """
    writes = distribution.is_writer(settings.runtime)
    run_directory.check(directory, settings, writes)
    kind = tasks.kind(settings.task)
    reading.check_family(genotype, kind.family, f"task is {settings.task}")
    genotype = _genotype_of(directory, genotype)
    initial_weights.check(directory, weights)
    if (directory / RESULT_FILE).exists():
        result = results.read_result(directory, settings.task)
        _print_result(result, kind, directory, is_kept)
        return result
    # A resumed run keeps the lengths that its first start has chosen.
    to_plan = settings.train.hours and not (directory / SETTINGS_FILE).exists()

    def plan(task, replicas):
        check(task, replicas)
        if to_plan:
            train_budget.settle(task, genotype, replicas)
        return schedule(task, replicas)

    with opening.opened(settings, directory, plan) as run:
        if run.writes:
            # Another process may have started a training since the check.
            genotype = _genotype_of(directory, genotype)
            text = genotype.to_json()
            run.write(GENOTYPE_FILE, text.encode())
            if weights:
                content = initial_weights.content(weights)
                run.write(INITIAL_WEIGHTS_FILE, content)
        if announces and not children.is_stage():
            run.task.announce()
        trainer = TrainTrainer(
            run.task, settings, genotype, run.schedule, run.strategy
        )
        if weights:
            _begin_with(weights, trainer)
        identity = best_weights.identity(settings, genotype)
        best = run_epochs(run, identity, trainer)
        best.restore()
        result = _result(settings, genotype, trainer)
        if weights:
            result["initial_weights"] = weights.record()
        if run.writes:
            text = json.dumps(result, indent=2) + "\n"
            run.write(RESULT_FILE, text.encode())
    _print_result(result, kind, directory, is_kept)
    return result


def first_unfinished(folders: Iterable[pathlib.Path]) -> pathlib.Path | None:
    """The first directory without a result; None if all have one."""
    left = (each for each in folders if not (each / RESULT_FILE).exists())
    return next(left, None)


def _begin_with(weights: InitialWeights, trainer: TrainTrainer) -> None:
    """Gives the network its first weights; says how it is trained on."""
    whole = weights.copy_to(trainer.network, trainer.task)
    record, optimizer = weights.record(), trainer.task.settings.train.optimizer
    rate = f"{optimizer.learning_rate:g}"
    if optimizer.schedule == "cosine":
        rate += f" and falls to {optimizer.final_learning_rate:g}"
    classes = "" if whole else "for other classes, "
    many = wording.count(trainer.schedule.epochs, "epoch")
    described = (
        f"begins with the weights of {weights.directory} after "
        f"{wording.count(record['epochs'], 'epoch')}; {classes}trains for "
        f"{many}, in which the learning rate starts again at {rate} "
        "(train.optimizer)"
    )
    print(wording.wrapped(described))


def check(task: tasks.Task, replicas: int) -> None:
    """Checks that a network can be trained with the settings.

    Args:
      task: the task, with the settings of the run.
      replicas: number of replicas that share a batch.

    Raises:
      RequestError: it cannot.
    """
    settings = task.settings
    _check_xla(settings, replicas)
    task.check_train()
    checks = settings.train.nonmonotone_checks
    if checks and settings.train.ema_decay:
        raise errors.RequestError(
            "train.nonmonotone_checks: expected 0, because train.ema_decay "
            f"sets another average of the weights, found {checks}; set one of "
            "them to 0"
        )
    if checks and not task.validates:
        raise errors.RequestError(
            "train.nonmonotone_checks: expected 0, because no data are kept "
            f"for validation, found {checks}; set train.validation_images"
        )


def _check_xla(settings, replicas):
    if settings.runtime.xla and settings.runtime.deterministic:
        raise errors.RequestError(
            "runtime.xla: expected false with --deterministic, because XLA has "
            "no deterministic gradient of max_pool_3x3, found true; omit one "
            "of them"
        )
    if settings.runtime.xla and replicas > 1:
        raise errors.RequestError(
            "runtime.xla: expected false with several devices, because these "
            "exchange the statistics of a batch, found true with "
            f"{replicas} devices; choose --distribution_strategy=one_device"
        )


def run_epochs(
    run: opening.Run, identity: str, trainer: TrainTrainer
) -> BestWeights:
    """Runs the remaining epochs; returns the best weights.

    Args:
      run: the open run.
      identity: identifies the training in its checkpoints.
      trainer: the trainer.
    """
    left = epochs.Epochs("train", trainer, run, identity)
    _check_checkpoints(run, trainer)
    best = BestWeights(
        trainer, run.directory, run.writes, identity, run.check_in_place
    )
    planned, measure = run.settings.train.epochs, run.task.measure
    for epoch in left:
        with left.controller.summary_manager.summary_writer().as_default():
            found = best.end_epoch(last=epoch == planned)
        if run.writes:
            validated = None
            if found:
                validated = found[measure], float(trainer.best_measure.numpy())
            print(
                terminal.training_line(
                    *(epoch, planned, trainer.metrics),
                    *(measure, validated, left.seconds_left),
                )
            )
    return best


def _check_checkpoints(run: opening.Run, trainer: TrainTrainer) -> None:
    """Refuses a training whose checkpoints are older than its best weights.

    The best weights of an epoch are saved before its checkpoint, so that they
    can be of the epoch after the checkpoint, but not of a later one.
    """
    of_epoch = run.schedule.steps_per_epoch
    step = int(trainer.global_step.numpy())
    best = best_weights.last_step(run.directory)
    if best > (step // of_epoch + 1) * of_epoch:
        raise errors.RunError(
            f"{run.directory / CHECKPOINTS_FOLDER}: expected the checkpoint of "
            f"step {best}, whose weights are in {BEST_FOLDER}, or of a "
            f"later one, found {f'that of step {step}' if step else 'none'}; "
            "restore it, or start again in a new --model_dir"
        )


def _genotype_of(directory: pathlib.Path, given: Genotype) -> Genotype:
    """Returns the genotype of the run in `directory`; by default `given`.

    The two must be equal. The run's own one is returned, as equal genotypes can
    have their edges in another order, which is the order of the weights in a
    checkpoint.

    Raises:
      RequestError: the directory holds another run.
    """
    if (directory / HISTORY_FILE).exists():
        raise errors.RequestError(
            f"{directory}: holds a search; choose another --model_dir"
        )
    file = directory / GENOTYPE_FILE
    if not file.exists():
        return given
    held = results.read_genotype(file)
    if held != given:
        raise errors.RequestError(
            f"{directory}: holds a run with another genotype: expected "
            f"{held.fingerprint()}, found {given.fingerprint()}; choose "
            "another --model_dir"
        )
    return held


def schedule(task: tasks.Task, replicas: int) -> Schedule:
    """Counts the steps of a training.

    Args:
      task: the task, with the settings of the run.
      replicas: number of replicas that share a batch.

    Raises:
      RequestError: there are too few data for a minibatch.
    """
    train = task.settings.train
    steps_per_pass = task.train_steps(replicas)
    steps = train.steps or steps_per_pass
    return Schedule(train.epochs, steps, policy_steps=0)


def _result(
    settings: schema.Settings, genotype: Genotype, trainer: TrainTrainer
) -> dict[str, object]:
    """Tests the network; returns the result, see `train`."""
    task = trainer.task
    return tested(trainer, task.count(genotype)) | {
        "seed": settings.seed,
        **task.provenance(),
        "genotype_fingerprint": genotype.fingerprint(),
        "settings_fingerprint": settings.fingerprint(),
    }


def tested(trainer: TrainTrainer, counts: counting.Counts) -> dict[str, object]:
    """Tests a network that was trained; returns its part of a result.

    Args:
      trainer: the trainer, with the weights to test.
      counts: the size of the network.
    """
    task = trainer.task
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
        "epochs": trainer.schedule.epochs,
        "steps": int(trainer.global_step.numpy()),
        "best_step": int(trainer.best_step.numpy()),
    }


def _print_result(result, kind, directory, is_kept):
    place = f", in {directory / RESULT_FILE}" if is_kept else ""
    text = results.test_text(result, kind)
    print(wording.wrapped(f"test {kind.measure} {text}{place}"))
    if is_kept:
        words = [
            *("python", "-m", "ednas_tf.export.saved_model"),
            f"--model_dir={directory}",
            f"--export_dir={directory / 'export'}",
        ]
        terminal.print_next(words)
