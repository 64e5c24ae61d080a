"""The outer loop of searches and trainings: epochs and checkpoints."""

import contextlib
import io
from collections.abc import Iterator

import orbit
import tensorflow as tf

from ednas_tf import interruption
from ednas_tf.analysis import story
from ednas_tf.loops import distribution
from ednas_tf.loops.opening import Run
from ednas_tf.monitor import progress, terminal
from ednas_tf.runs import starts
from ednas_tf.runs.checkpoints import Checkpoints
from ednas_tf.runs.names import SUMMARIES_FOLDER


class Epochs:
    """The remaining epochs of a run.

    They are run by a controller of Orbit's. Making it restores the last
    checkpoint. It writes the summaries, and each of its calls of the trainer is
    for steps of one phase.

    Args:
      name: text of the progress bar, "search" or "train".
      trainer: runs the steps; it has `global_step`, `checkpoint()` and
        `lengths`, how long calls are split.
      run: the open run.
      identity: identifies the run; it must be the same in all processes.

    Attributes:
      controller: Orbit's controller.
      seconds_left: after an epoch, the estimated time of all that are left;
        None if it is unknown, as in a table, whose budget ends the search.

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
        if not distribution.has_several_processes(self.strategy):
            for length in trainer.lengths.values():
                length.between = self._between
        self._pace = terminal.Pace()
        self._ends_early = run.task.reads_table
        self._writes = run.writes
        self.seconds_left: float | None = None
        distribution.check_agreement(
            self.strategy,
            f"step {self._saved}, run {identity}, code "
            f"{starts.source_digest()}, runtime.steps_per_log "
            f"{runtime.steps_per_log}",
        )

    def expect(self, seconds: float) -> None:
        """Tells how many seconds an epoch is expected to take."""
        self._pace = terminal.Pace(expected=seconds)

    def __iter__(self) -> Iterator[int]:
        """Runs the epochs, with a progress bar.

        The checkpoint of an epoch is saved when the caller asks for the next
        one: what the caller writes in between is older than the checkpoint, and
        a resumed run writes it again if the checkpoint is missing.

        Yields:
          The number of epochs done, after each epoch.

        Raises:
          RunError: a number was not finite, a checkpoint cannot be written, or
            the run's directory was moved, removed or replaced.
          Interrupted: a signal stopped the run; a checkpoint was saved first.
        """
        step, of_epoch = self._saved, self.schedule.steps_per_epoch
        if self._writes and 0 < step < self.schedule.total_steps:
            of = f" of {self.schedule.total_steps}"
            print(f"goes on after step {step}{'' if self._ends_early else of}")
        with (
            interruption.deferred(),
            progress.bar(
                self.name, self.schedule.total_steps, step, estimates=False
            ) as show,
        ):
            position = self.controller.global_step
            self.controller.train_actions += (
                lambda _: show(int(position.numpy())),
            )
            for epoch in range(step // of_epoch, self.schedule.epochs):
                end = (epoch + 1) * of_epoch
                self._pace.begin_epoch()
                with _quiet(), self._explained():
                    self.controller.train(end, checkpoint_at_completion=False)
                left = self.schedule.epochs - epoch - 1
                seconds = self._pace.left(left)
                self.seconds_left = None if self._ends_early else seconds
                # What the line of the epoch says, too.
                text = ""
                if self.seconds_left is not None:
                    text = f"{story.duration(self.seconds_left)} left"
                show(end, text)
                yield epoch + 1
                self._save(end)
            if distribution.asked_to_stop(self.strategy):
                interruption.stop("the same command does the rest")

    def _next_loop(self, step):
        """The number of steps of the next call of the compiled loop.

        Orbit asks for it between two calls, when the results of the last one
        are written. Within an epoch a checkpoint can be saved here; at its end
        the caller of `__iter__` has to write first.
        """
        self._check_in_place()
        stop = distribution.asked_to_stop(self.strategy)
        if step % self.schedule.steps_per_epoch:
            every = self.runtime.checkpoint_steps
            due = every and step - self._saved >= every
            if due or stop:
                self._save(step)
        if stop:
            _stop(step)
        return min(self.runtime.steps_per_log, self.schedule.steps_left(step))

    def _between(self):
        """Ends the run within a call of the trainer, if there was a signal.

        Several processes have to agree first, which they do between calls.
        """
        if interruption.received():
            self._check_in_place()
            step = int(self.controller.global_step.numpy())
            self._save(step)
            _stop(step)

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


def _stop(step):
    """Ends the run after so many steps, which are saved."""
    interruption.stop(
        f"the same command goes on from step {step}"
        if step
        else "no step was done, and the same command begins again"
    )


def _quiet():
    """A context in which Orbit does not print, as it also writes summaries."""
    return contextlib.redirect_stdout(io.StringIO())
