"""The second stage of a search: it decides by short trainings."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ednas_tf import errors, searchers, seeds, tasks, wording
from ednas_tf.analysis import chance, scores
from ednas_tf.analysis.trainings import Training
from ednas_tf.loops.opening import Run
from ednas_tf.loops.short import rungs, summaries
from ednas_tf.loops.short.directions import Effects
from ednas_tf.loops.short.halving import Halving
from ednas_tf.loops.short.ledger import Ledger
from ednas_tf.loops.short.workers import Workers
from ednas_tf.monitor import progress
from ednas_tf.runs.names import VERDICT_FILE
from ednas_tf.settings import schema
from ednas_tf.space.genotype import Genotype


class Found(NamedTuple):
    """What the short trainings of a search found.

    Attributes:
      genotype: the result.
      reward: mean reward of its trainings with other seeds.
      verdict: how much better it is than chance, see `chance.verdict`.
    """

    genotype: Genotype
    reward: float
    verdict: dict[str, object]


def check(settings: schema.Settings) -> None:
    """Checks that the short trainings of a search can be made.

    Raises:
      RequestError: there are too few architectures or steps for the rungs, the
        run is one of several processes, or the task trains nothing.
    """
    search = settings.search
    if search.evidence == "shared" and not search.hours:
        return
    rungs.plan(search.short)
    if tasks.kind(settings.task).reads_table:
        raise errors.RequestError(
            f"search.evidence: expected shared for the task {settings.task}, "
            "whose table has all trainings, and no hours, found "
            f"{search.evidence} and {search.hours:g}"
        )
    strategy = settings.runtime.distribution_strategy
    if strategy not in ("one_device", "mirrored"):
        raise errors.RequestError(
            "search.evidence: expected shared, and no hours, with "
            f"--distribution_strategy={strategy}, because short trainings run "
            f"on one host, found {search.evidence} and {search.hours:g}"
        )


def find(
    run: Run,
    shared: Sequence[Genotype],
    directions: Mapping[str, Effects],
    workers: Workers,
) -> Found:
    """Chooses an architecture by short trainings, and judges it.

    Args:
      run: the open run.
      shared: what the search with shared weights proposes, the best first.
      directions: what is known of each choice, see `directions.known`.
      workers: the processes that train.

    Raises:
      RunError: a number was not finite, or a process died again and again.
      Interrupted: a signal stopped the run.
    """
    settings = run.settings
    short = settings.search.short
    searcher = searchers.make_short(
        run.task.space, seeds.derive(settings.seed, "short"), settings
    )
    for name, effects in directions.items():
        searcher.inform(name, effects)
    with progress.bar("short trainings", rungs.steps(short), 0) as show:
        done = 0

        def advance(steps):
            nonlocal done
            done += steps
            show(done)

        ledger = Ledger(run, workers, advance)
        halving = Halving(run, ledger, searcher)
        first = halving.first_rung(shared)
        last = halving.climb(first)
        summaries.write(run, halving.rungs)
        found = _choose(run, last, halving.repeats)
        judged = halving.verdict(found.genotype, first)
        ledger.close()
    unit, scale = run.task.reward_unit()
    verdict = chance.verdict(first, halving.repeats, *judged, unit, scale)
    verdict["worth"] = {
        name: each._asdict() for name, each in searcher.worth().items()
    }
    run.write(VERDICT_FILE, (json.dumps(verdict, indent=2) + "\n").encode())
    for line in chance.sentences(verdict):
        print(wording.wrapped(line))
    return Found(found.genotype, verdict["found"] / scale, verdict)


def _choose(
    run: Run, last: Sequence[Training], repeats: Sequence[Training]
) -> Training:
    """The result: the best of the last rung, or one that is as good.

    Architectures whose score is within one standard error of the best score
    cannot be told from the best one (the rule of one standard error; Breiman et
    al., 1984). Of these the smallest is taken.
    """
    if run.settings.search.ties == "best":
        return last[0]
    scale = scores.scale(last, scores.variance_of_seeds(repeats))
    least = scale.score(last[0]) - scale.error
    return min(
        (each for each in last if scale.score(each) >= least),
        key=lambda each: run.task.count(each.genotype).multiply_adds,
    )
