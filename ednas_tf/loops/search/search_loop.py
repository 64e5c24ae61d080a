"""The outer loop of a search: epochs, history, derivation and result."""

import contextlib
import pathlib

import numpy as np

from ednas_tf import searchers, seeds, tasks, wording
from ednas_tf.analysis import candidates as candidates_table
from ednas_tf.analysis import history_names
from ednas_tf.analysis.candidates import Candidate
from ednas_tf.analysis.policies import Policies
from ednas_tf.analysis.policy_history import PolicyHistory
from ednas_tf.loops import distribution, epochs, opening
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.search import (
    budget,
    derivation,
    expected_time,
    lengthening,
    result,
    startable,
    table,
)
from ednas_tf.loops.search.search_trainer import SearchTrainer
from ednas_tf.loops.short import directions, stage
from ednas_tf.loops.short.workers import Workers
from ednas_tf.monitor import live, summaries, terminal
from ednas_tf.runs.names import (
    CANDIDATES_FILE,
    HISTORY_FILE,
    SETTINGS_FILE,
    TRAININGS_FILE,
)
from ednas_tf.searchers import policy_rate
from ednas_tf.searchers.searcher import Searcher
from ednas_tf.settings import schema
from ednas_tf.space.cell_space import CellSpace
from ednas_tf.space.genotype import Genotype


def search(
    settings: schema.Settings,
    directory: pathlib.Path,
    is_kept: bool = True,
    lengthens: pathlib.Path | None = None,
    announces: bool = True,
) -> Genotype:
    """Searches and derives the result; resumes an earlier start.

    Args:
      settings: the settings of the run.
      directory: directory of the run, for settings, checkpoints, summaries, the
        history of the search, the candidates and the genotype of the best one.
      is_kept: whether the directory stays, so that what is in it is named.
      lengthens: the directory of a finished search that this one goes on from,
        see `lengthening`; None without one.
      announces: whether it says what the data are: once is enough for several
        searches.

    Returns:
      The architecture that was found.

    Raises:
      RequestError: the search is not possible; nothing was written.
      RunError: a number was not finite, or a file cannot be read or written.
      LostProcess: another process of the run was lost.
      Interrupted: a signal stopped the run.
    """
    if lengthens and lengthening.is_begun(directory):
        lengthens = None
    elif lengthens:
        lengthening.remove_copy(directory)
    startable.check(
        settings, directory, distribution.is_writer(settings.runtime)
    )
    chooses_rate = not settings.policy.learning_rate
    # A resumed run keeps the lengths that its first start has chosen.
    to_plan = settings.search.hours and not (directory / SETTINGS_FILE).exists()
    with contextlib.ExitStack() as stack:
        workers = stack.enter_context(Workers(settings))

        def plan(task, replicas):
            task.check_search()
            if to_plan:
                schedule(task, replicas)
                # Planning takes minutes.
                if announces:
                    task.announce_search()
                budget.settle(task, workers, replicas)
            return _scheduled(task, replicas)

        run = stack.enter_context(opening.opened(settings, directory, plan))
        if announces and not to_plan:
            run.task.announce_search()
        candidates, searcher = [], None
        evidence = settings.search.evidence
        begins = not (directory / TRAININGS_FILE).exists()
        if evidence == "short" and begins and not settings.search.hours:
            expected = expected_time.expect_short(run.task, workers)
            print(expected, end="\n" if expected else "")
        if evidence != "short":
            candidates, searcher = _search_with_shared_weights(
                run, workers, chooses_rate, lengthens
            )
        if evidence == "shared":
            found = candidates[0]
            many = wording.count(len(candidates), "candidate")
            what = f"best of {many}"
        else:
            proposed = [each.genotype for each in candidates]
            known = directions.known(run.task, searcher)
            found = stage.find(run, proposed, known, workers)
            what = f"found by {settings.search.short.trainings} short trainings"
        return result.write(run, found, what, is_kept)


def _search_with_shared_weights(
    run: opening.Run,
    workers: Workers,
    chose_rate: bool,
    lengthens: pathlib.Path | None,
) -> tuple[list[Candidate], Searcher]:
    """Searches as in the paper.

    Args:
      run: the open run.
      workers: the processes that make its short trainings, if there are any.
      chose_rate: whether the learning rate of the policies was chosen in this
        start, and is printed.
      lengthens: see `search`.

    Returns:
      The candidates, the best first, and the searcher.
    """
    settings = run.settings
    searcher = searchers.make(
        run.task.space, seeds.derive(settings.seed, "policies"), settings
    )
    if run.task.reads_table:
        run = run._replace(schedule=table.schedule(run, searcher))
    if run.writes and chose_rate and "learning_rate" in searcher.scalars():
        steps = run.schedule.epochs * run.schedule.policy_steps
        print(
            f"chosen for {wording.count(steps, 'policy step')}: "
            f"policy.learning_rate={settings.policy.learning_rate}"
        )
    trainer = SearchTrainer(
        run.task, settings, searcher, run.schedule, run.strategy
    )
    if lengthens:
        lengthening.begin(trainer, lengthens, run.directory)
    history = _run_epochs(run, trainer, workers)
    if run.task.reads_table:
        found = table.best_looked_up(run.task, settings, history.arrays)
    else:
        found = derivation.derive(run.task, settings, trainer, run.strategy)
    if run.writes:
        policies = Policies(run.task.space, history.arrays)
        print(terminal.closing_summary(policies, found))
        run.write(CANDIDATES_FILE, candidates_table.to_csv(found).encode())
    return found, searcher


def _scheduled(task, replicas):
    """Counts the steps, and chooses the policies' learning rate if it is 0."""
    found, policy = schedule(task, replicas), task.settings.policy
    if not policy.learning_rate:
        steps = found.epochs * found.policy_steps
        policy.learning_rate = policy_rate.chosen(steps)
    return found


def schedule(task: tasks.Task, replicas: int) -> Schedule:
    """Counts the steps of a search.

    Args:
      task: the task, with the settings of the run.
      replicas: number of replicas that share a batch.

    Raises:
      RequestError: there are too few data for a minibatch.
    """
    search = task.settings.search
    child, policy = task.search_steps(replicas)
    return Schedule(
        search.epochs,
        search.child_steps or child,
        search.policy_steps or policy,
    )


def _run_epochs(
    run: opening.Run, trainer: SearchTrainer, workers: Workers
) -> PolicyHistory:
    """Runs the remaining epochs; returns the history of the whole search."""
    schedule, searcher = run.schedule, trainer.searcher
    in_table = run.task.reads_table
    identity = f"settings {run.settings.fingerprint()}"
    left = epochs.Epochs("search", trainer, run, identity)
    history = PolicyHistory(
        run.directory / HISTORY_FILE,
        lambda file, content: run.write(file.name, content),
        history_names.labels(run.task.space),
    )
    start = int(trainer.global_step.numpy())
    if start:
        # The first checkpoint of a search that was lengthened.
        if left.controller.checkpoint_manager.latest_checkpoint is None:
            left.controller.checkpoint_manager.save(start)
        history.go_on(start // schedule.steps_per_epoch)
    else:
        history.add(_state(searcher, run.task.space))
        expected = expected_time.expect(trainer, workers, tells=run.writes)
        if expected and expected.epoch:
            left.expect(expected.epoch)
        if run.writes and expected:
            print(expected.text)
    shown = live.Live(
        schedule.epochs,
        run.settings.runtime.figures_every,
        in_table=in_table,
        policy=run.settings.policy.as_dict(),
    )
    for _ in left:
        history.add(_state(searcher, run.task.space) | trainer.end_epoch())
        if run.writes:
            policies = Policies(run.task.space, history.arrays)
            found = shown.tell(
                policies,
                searcher.learns,
                left.seconds_left,
                table.spent(run.task, history.arrays) if in_table else "",
            )
            with left.controller.summary_manager.summary_writer().as_default():
                summaries.write(policies, found, shown.images(policies))
        if in_table and table.is_spent(run.task, history.arrays):
            break
    return history


def _state(searcher: Searcher, space: CellSpace) -> dict[str, np.ndarray]:
    """What the history keeps of a searcher: what it prefers and believes."""
    found = {
        f"probabilities/{name}": value.numpy()
        for name, value in (searcher.marginals() or {}).items()
    }
    for name, value in (searcher.beliefs() or {}).items():
        found[name] = np.asarray(value, np.float32)
    baseline = searcher.scalars().get("baseline")
    if baseline is not None:
        found["baseline"] = baseline.numpy()
    return {
        history_names.of_searcher(name, space): value
        for name, value in found.items()
    }
