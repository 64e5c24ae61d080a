"""The outer loop that a search and a training have in common."""

import contextlib
import io
from collections.abc import Iterator

import orbit
import tensorflow as tf

from ednas_tf import interruption
from ednas_tf.loops import distribution
from ednas_tf.loops.opening import Run
from ednas_tf.monitor import progress
from ednas_tf.runs import starts
from ednas_tf.runs.checkpoints import Checkpoints
from ednas_tf.runs.names import SUMMARIES_FOLDER


class Epochs:
    """The epochs of a run that are left, by Orbit's controller.

    Makes it, which restores the last checkpoint. It writes summaries, and
    calls the trainer for steps of one phase only.

    Args:
      name: what is done, for the progress bar.
      trainer: runs the steps, with `global_step` and `checkpoint()`.
      run: the open run.
      identity: names the run; all of its processes must have it in common.

    Attributes:
      controller: Orbit's.

    Raises:
      RunError: no checkpoint can be read, or the processes do not agree.
    """

    def __init__(
        self,
        name: str,
        trainer: orbit.AbstractTrainer,
        run: Run,
        identity: str,
    ):
        self.name = name
        self.strategy = run.strategy
        self.schedule = run.schedule
        self.runtime = runtime = run.settings.runtime
        saved = Checkpoints(
            trainer.checkpoint(),
            run.directory,
            runtime.checkpoints_kept,
            run.writes,
            identity=identity,
            before_save=run.check_in_place,
        )
        self._check_in_place = run.check_in_place
        summaries = str(run.directory / SUMMARIES_FOLDER)
        with _quiet():
            self.controller = orbit.Controller(
                global_step=trainer.global_step,
                trainer=trainer,
                steps_per_loop=self._next_loop,
                checkpoint_manager=saved,
                summary_dir=summaries if run.writes else None,
            )
        self._saved = int(trainer.global_step.numpy())
        distribution.check_agreement(
            self.strategy,
            f"step {self._saved}, run {identity}, code "
            f"{starts.source_digest()}, runtime.steps_per_log "
            f"{runtime.steps_per_log}",
        )

    def __iter__(self) -> Iterator[int]:
        """Runs them, with a progress bar.

        Yields the number of epochs done, after every epoch; its checkpoint is
        saved when the caller comes back, so that what the caller wrote is
        older than the checkpoint.

        Raises:
          RunError: a number was not finite, a checkpoint cannot be written, or
            the run's directory was moved, removed or replaced.
          Interrupted: by a signal; a checkpoint is saved before.
        """
        step, of_epoch = self._saved, self.schedule.steps_per_epoch
        with (
            interruption.deferred(),
            progress.bar(self.name, self.schedule.total_steps, step) as show,
        ):
            position = self.controller.global_step
            self.controller.train_actions += (
                lambda _: show(int(position.numpy())),
            )
            for epoch in range(step // of_epoch, self.schedule.epochs):
                end = (epoch + 1) * of_epoch
                with _quiet(), self._explained():
                    self.controller.train(end, checkpoint_at_completion=False)
                yield epoch + 1
                self._save(end)
            if distribution.asked_to_stop(self.strategy):
                interruption.stop("the same command does what is left")

    def _next_loop(self, step):
        """The steps of the next loop; all of the one before is written.

        Only between epochs is there more to write, by the caller.
        """
        self._check_in_place()
        stop = distribution.asked_to_stop(self.strategy)
        if step % self.schedule.steps_per_epoch:
            every = self.runtime.checkpoint_steps
            due = every and step - self._saved >= every
            if due or stop:
                self._save(step)
        if stop:
            interruption.stop(f"the same command goes on from step {step}")
        return min(self.runtime.steps_per_log, self.schedule.steps_left(step))

    @contextlib.contextmanager
    def _explained(self):
        """A context whose errors of files are explained by a lost directory."""
        try:
            yield
        except (OSError, tf.errors.OpError):
            self._check_in_place()
            raise

    def _save(self, step):
        if step != self._saved:
            self.controller.checkpoint_manager.save(step)
            self._saved = step


def _quiet():
    """A context in which Orbit does not print what goes to the summaries."""
    return contextlib.redirect_stdout(io.StringIO())
