"""The outer loop that a search and a training have in common."""

import pathlib
from collections.abc import Iterator

import orbit
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.loops.schedule import Schedule
from ednas_tf.monitor import progress
from ednas_tf.settings import schema

CHECKPOINTS = "checkpoints"


def steps_of_a_pass(
    section: str, batch_size: int, images: int, replicas: int
) -> int:
    """Whole minibatches in so many images.

    Raises:
      RequestError: there is none, or it cannot be split over the replicas.
    """
    if not replicas <= batch_size <= images or batch_size % replicas:
        several = f", divisible by {replicas} devices" if replicas > 1 else ""
        raise errors.RequestError(
            f"{section}.batch_size: expected at most {images} images{several}, "
            f"found {batch_size}"
        )
    return images // batch_size


def controller(
    trainer: orbit.AbstractTrainer,
    schedule: Schedule,
    directory: pathlib.Path,
    runtime: schema.Runtime,
) -> orbit.Controller:
    """Orbit's controller of a run, the last checkpoint restored.

    It writes summaries, and calls the trainer for steps of one phase only.

    Args:
      trainer: with `global_step` and `checkpoint()`.
      schedule: of the run.
      directory: of the run.
      runtime: how many steps a call, and how many checkpoints to keep.
    """
    at_most = runtime.steps_per_log
    return orbit.Controller(
        global_step=trainer.global_step,
        trainer=trainer,
        steps_per_loop=lambda step: min(at_most, schedule.steps_left(step)),
        checkpoint_manager=tf.train.CheckpointManager(
            trainer.checkpoint(),
            str(directory / CHECKPOINTS),
            max_to_keep=runtime.checkpoints_kept,
        ),
        summary_dir=str(directory / "summaries"),
    )


def run(
    controller: orbit.Controller, schedule: Schedule, name: str
) -> Iterator[None]:
    """Runs the epochs that are left, with a progress bar.

    Yields after every epoch; its checkpoint is saved when the caller comes
    back, so that what the caller wrote is older than the checkpoint.
    """
    step = controller.global_step
    start = int(step.numpy())
    with progress.bar(name, schedule.total_steps, start) as show:
        controller.train_actions += (lambda _: show(int(step.numpy())),)
        for epoch in range(start // schedule.steps_per_epoch, schedule.epochs):
            end = (epoch + 1) * schedule.steps_per_epoch
            controller.train(end, checkpoint_at_completion=False)
            yield
            controller.checkpoint_manager.save(end)
