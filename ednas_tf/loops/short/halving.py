"""Finds an architecture by short trainings, and judges what was found.

1. The first rung: architectures that are drawn at random, some of them trained
   a second time, that the search with shared weights proposes, and that a
   searcher proposes which learns from the trainings before.
2. Successive halving: the better half is trained on, and so on.
3. The verdict: the result, and architectures drawn at random, are trained anew
   with other seeds.

Everything is a function of the settings and the seed. A run that is resumed
goes through the same requests again, and finds the trainings that are done.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import tensorflow as tf

from ednas_tf import seeds, wording
from ednas_tf.analysis import scores, trainings
from ednas_tf.analysis.trainings import Training
from ednas_tf.loops.opening import Run
from ednas_tf.loops.short import rungs
from ednas_tf.loops.short.ledger import Ledger, Request
from ednas_tf.nets import architectures
from ednas_tf.searchers.policy_vectors import PolicyVectors
from ednas_tf.searchers.searcher import Searcher
from ednas_tf.space import isomorphism
from ednas_tf.space.genotype import Genotype

#: Attempts to draw an architecture that is not among those drawn before.
_ATTEMPTS = 50


class Judged(NamedTuple):
    """Trainings with seeds that had no part in choosing the result.

    Attributes:
      confirmed: of the result.
      controls: of architectures drawn at random, one each.
      largest: of the architecture with the most weights.
    """

    confirmed: list[Training]
    controls: list[Training]
    largest: list[Training]


class Halving:
    """The short trainings of a search.

    Args:
      run: the open run.
      ledger: has the trainings done.
      searcher: proposes architectures, and learns from the first rung.

    Attributes:
      rungs: for each rung its trainings, the best first.
      repeats: trainings of random architectures in the first rung, and then as
        many with another seed.
    """

    def __init__(self, run: Run, ledger: Ledger, searcher: Searcher):
        self._short = run.settings.search.short
        self._seed = run.settings.seed
        self._task, self._space = run.task, run.task.space
        self._ledger = ledger
        self._searcher = searcher
        self._plan = rungs.plan(self._short)
        self._known = set()
        self.rungs, self.repeats = [], []

    def first_rung(self, shared: Sequence[Genotype]) -> list[Training]:
        """Trains the architectures of the first rung.

        Args:
          shared: what the search with shared weights proposes, the best first.

        Returns:
          Their trainings, in the order of the proposals.
        """
        short = self._short
        random = max(2, round(short.random_share * short.trainings))
        given = round(short.shared_share * short.trainings) if shared else 0
        # Both can have been rounded up.
        given = min(given, short.trainings - random)
        first = self._new(trainings.RANDOM, self._random(), random)
        first += self._new(trainings.SHARED, iter(shared), given)
        done = self._train(first)
        self._repeat(done)
        # All scores of the searcher are of one scale.
        scale = scores.scale(done, self._noise)
        self._tell(done, scale)
        while len(done) < short.trainings:
            count = min(short.proposals, short.trainings - len(done))
            proposals = self._proposals(len(done))
            wanted = self._new(trainings.PROPOSED, proposals, count)
            # A searcher that has made up its mind proposes nothing new.
            wanted += self._new(
                trainings.RANDOM,
                self._random(len(done)),
                count - len(wanted),
            )
            trained = self._train(wanted)
            self._tell(trained, scale)
            done += trained
        return done

    def _repeat(self, first: Sequence[Training]) -> None:
        """Trains some random architectures of the first rung a second time."""
        drawn = [each for each in first if each.origin == trainings.RANDOM]
        drawn = drawn[: self._short.repeats]
        again = self._ledger.get(
            [
                _request(each)._replace(
                    purpose=trainings.REPEAT, seed=each.seed + 1
                )
                for each in drawn
            ]
        )
        self.repeats = drawn + again

    def _new(
        self, origin: str, proposed: Iterator[Genotype], count: int
    ) -> list[tuple[str, Genotype]]:
        """The first architectures that were not taken before."""
        found = []
        for genotype in proposed:
            if len(found) == count:
                break
            key = isomorphism.key(self._space, genotype)
            if key not in self._known:
                self._known.add(key)
                found.append((origin, genotype))
        return found

    def _random(self, stream: int = 0) -> Iterator[Genotype]:
        uniform = PolicyVectors(self._space, initial_stddev=0.0)
        return self._draws(uniform.sample, f"random architectures {stream}")

    def _proposals(self, done: int) -> Iterator[Genotype]:
        return self._draws(self._searcher.propose, f"proposals {done}")

    def _draws(self, propose, purpose: str) -> Iterator[Genotype]:
        seed = seeds.derive(self._seed, purpose)
        for i in range(self._short.trainings + _ATTEMPTS):
            proposed = propose(seeds.at_step(seed, tf.constant(i)))
            yield architectures.to_genotype(self._space, proposed)

    def _train(self, wanted: Sequence[tuple[str, Genotype]]) -> list[Training]:
        """Trains in the first rung."""
        first = self._plan[0]
        return self._ledger.get(
            [
                Request(
                    *(genotype, origin, trainings.RUNG, self._seed),
                    *(first.begin, first.end),
                    keeps=len(self._plan) > 1,
                )
                for origin, genotype in wanted
            ]
        )

    def _tell(self, done: Sequence[Training], scale: scores.Scale) -> None:
        """Lets the searcher learn from trainings of the first rung."""
        if done:
            self._searcher.update(
                [
                    architectures.from_genotype(self._space, each.genotype)
                    for each in done
                ],
                tf.constant([scale.score(each) for each in done]),
                comparable=True,
            )

    @property
    def _noise(self) -> float | None:
        return scores.variance_of_seeds(self.repeats)

    def climb(self, first: Sequence[Training]) -> list[Training]:
        """Trains the better half on, from rung to rung.

        Args:
          first: the trainings of the first rung.

        Returns:
          The trainings of the last rung, the best first.
        """
        noise = self._noise
        ranked = scores.ranked(first, noise)
        self._end_rung(ranked)
        for rung in self._plan[1:]:
            kept, dropped = ranked[: rung.count], ranked[rung.count :]
            self._ledger.drop([_request(each) for each in dropped])
            last = rung.end == self._plan[-1].end
            found = self._ledger.get(
                [
                    _request(each)._replace(
                        begin=rung.begin, end=rung.end, keeps=not last
                    )
                    for each in kept
                ]
            )
            self._ledger.drop([_request(each) for each in kept])
            ranked = scores.ranked(found, noise)
            self._end_rung(ranked)
        return ranked

    def _end_rung(self, ranked):
        self.rungs.append(ranked)
        print(_rung_line(len(self.rungs), len(self._plan), ranked))

    def verdict(self, found: Genotype, first: Sequence[Training]) -> Judged:
        """Trains the result and others anew, from the beginning.

        The random architectures take turns with the seeds of the result: what a
        seed does to all architectures alike makes no difference then.

        Args:
          found: the result.
          first: the trainings of the first rung. The random architectures that
            were drawn first among them are the ones to compare with, and the
            one with the most weights. If there are too few of them, others are
            drawn.
        """
        short = self._short
        drawn = [
            (each.origin, each.genotype)
            for each in first
            if each.origin == trainings.RANDOM
        ]
        drawn += self._new(
            trainings.RANDOM,
            self._random(short.trainings),
            max(0, short.controls - len(drawn)),
        )
        largest = max(first, key=self._parameters)
        wanted = Judged(
            self._anew(found, trainings.PROPOSED, trainings.CONFIRMATION),
            [
                self._anew(genotype, origin, trainings.CONTROL)[
                    number % short.confirmations
                ]
                for number, (origin, genotype) in enumerate(
                    drawn[: short.controls]
                )
            ],
            self._anew(largest.genotype, largest.origin, trainings.LARGEST)[
                : rungs.LARGEST
            ],
        )
        done = iter(
            self._ledger.get([each for part in wanted for each in part])
        )
        return Judged(*([next(done) for _ in part] for part in wanted))

    def _parameters(self, training):
        return self._task.count(training.genotype).parameters

    def _anew(self, genotype, origin, purpose) -> list[Request]:
        """Whole trainings with seeds that no rung has had."""
        first, end = self._seed + 2, self._plan[-1].end
        return [
            Request(genotype, origin, purpose, seed, 0, end)
            for seed in range(first, first + self._short.confirmations)
        ]


def _request(done: Training) -> Request:
    """The request for a training that is done."""
    return Request(
        *(done.genotype, done.origin, done.purpose, done.seed, 0, done.steps)
    )


def _rung_line(number: int, count: int, ranked: Sequence[Training]) -> str:
    """What a rung gave, for a person."""
    best = ranked[0]
    by_origin = [
        f"{sum(each.origin == origin for each in ranked)} {origin}"
        for origin in trainings.ORIGINS
    ]
    return wording.wrapped(
        f"rung {number}/{count}: {len(ranked)} architectures "
        f"({', '.join(by_origin)}) after {wording.count(best.steps, 'step')}; "
        f"the best, {best.origin}: loss {best.loss:.4f}, reward "
        f"{best.reward:.4f}"
    )
