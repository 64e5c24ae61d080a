"""Rungs, proposals and verdicts, with trainings that are only looked up."""

import dataclasses
import types

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.analysis import trainings
from ednas_tf.loops.short import halving
from ednas_tf.nets import architectures
from ednas_tf.searchers.searcher import Searcher
from ednas_tf.settings import resolve
from ednas_tf.space import convolutional, isomorphism

SPACE = convolutional.convolutional(2, ("skip_connect", "max_pool_3x3"))


class Ledger:
    """Loses the less, the more skip connections; notes what was asked."""

    def __init__(self):
        self.asked, self.dropped = [], []

    def get(self, requests):
        self.asked.append(list(requests))
        return [
            trainings.Training(
                *(each.genotype, each.origin, each.purpose, each.seed),
                *(each.end, loss(each.genotype), skips(each.genotype), 1.0),
            )
            for each in requests
        ]

    def drop(self, requests):
        self.dropped += [(each.genotype, each.end) for each in requests]


def skips(genotype):
    return sum(
        edge.op == "skip_connect"
        for cell in genotype.cells.values()
        for node in cell.nodes
        for edge in node
    )


def count(genotype):
    """A size that is larger, the later the states that edges leave."""
    sources = [
        edge.source
        for cell in genotype.cells.values()
        for node in cell.nodes
        for edge in node
    ]
    return types.SimpleNamespace(parameters=sum(sources))


def loss(genotype):
    return 10.0 - skips(genotype)


class Skipper(Searcher):
    """Proposes an architecture of skip connections only, again and again."""

    def __init__(self):
        super().__init__(SPACE)
        self.told = []

    def propose(self, seed):
        return architectures.first(SPACE)

    def update(self, proposed, rewards, comparable):
        assert comparable
        self.told.append((len(proposed), rewards.numpy().tolist()))
        return {}


def settings(**short):
    made = resolve.resolve("digits")
    made.override(
        {
            "search": {
                "short": {
                    **dict(trainings=12, rungs=3, steps=80, repeats=3),
                    **dict(proposals=2),
                    **dict(controls=4, confirmations=2),
                    **dict(random_share=0.5, shared_share=0.25),
                    **short,
                }
            }
        }
    )
    return made


def make(**short):
    run = types.SimpleNamespace(
        settings=settings(**short),
        task=types.SimpleNamespace(space=SPACE, count=count),
    )
    ledger, searcher = Ledger(), Skipper()
    return halving.Halving(run, ledger, searcher), ledger, searcher


def shared(count):
    """Architectures that differ from the random ones, the best first."""
    found = {}
    for i in range(1000):
        packed = architectures.pack(architectures.first(SPACE)).numpy()
        digits = np.unravel_index(i, [2] * packed[:, 1].size)
        packed[:, 1] = np.reshape(digits, packed[:, 1].shape)
        genotype = architectures.to_genotype(
            SPACE, architectures.unpack(SPACE, tf.constant(packed))
        )
        found[isomorphism.key(SPACE, genotype)] = genotype
        if len(found) == count:
            return list(found.values())
    raise AssertionError


def origins(done):
    return [each.origin for each in done]


def test_the_first_rung_has_random_shared_and_proposed_architectures():
    made, ledger, searcher = make()
    done = made.first_rung(shared(8))

    assert len(done) == 12
    assert origins(done[:9]) == ["random"] * 6 + ["shared"] * 3
    # The searcher has one idea only, which the shared ones may have had.
    assert set(origins(done[9:])) <= {"proposed", "random"}
    keys = {isomorphism.key(SPACE, each.genotype) for each in done}
    assert len(keys) == 12
    assert {(each.begin, each.end) for each in sum(ledger.asked, [])} == {
        (0, 20)
    }
    # The noise is known before anything is scored.
    assert [len(asked) for asked in ledger.asked] == [9, 3, 2, 1]
    # It is told of all first ones at once, then of two at a time.
    assert [count for count, _ in searcher.told] == [9, 2, 1]
    # The scores are in units of the reward; here there is no noise.
    assert searcher.told[0][1] == pytest.approx(
        [each.reward for each in done[:9]]
    )


def test_without_shared_weights_the_searcher_proposes_more():
    made, _, _ = make()
    done = made.first_rung([])
    assert origins(done[:6]) == ["random"] * 6
    assert "shared" not in origins(done)
    assert len(done) == 12


def test_the_better_half_goes_on_to_the_end():
    made, ledger, _ = make()
    first = made.first_rung(shared(8))
    ledger.asked.clear()
    last = made.climb(first)

    best = sorted(each.loss for each in first)
    assert [len(rung) for rung in made.rungs] == [12, 6, 3]
    assert [each.loss for each in last] == best[:3]
    (second,), (third,) = (
        {(each.begin, each.end, each.keeps) for each in asked}
        for asked in ledger.asked
    )
    assert second == (20, 40, True)
    assert third == (40, 80, False)
    # No weights of the first two rungs are left.
    assert len(ledger.dropped) == 6 + 6 + 3 + 3
    assert {end for _, end in ledger.dropped} == {20, 40}


def test_random_architectures_are_trained_twice():
    made, ledger, _ = make()
    made.first_rung([])
    done = made.repeats
    assert [each.genotype for each in done[:3]] == [
        each.genotype for each in done[3:]
    ]
    assert [each.seed for each in done] == [0] * 3 + [1] * 3
    assert {each.purpose for each in done[3:]} == {trainings.REPEAT}
    assert {each.origin for each in done} == {trainings.RANDOM}


def test_the_verdict_has_trainings_that_chose_nothing():
    made, ledger, _ = make()
    first = made.first_rung([])
    made.climb(first)
    before = {
        (isomorphism.key(SPACE, each.genotype), each.seed)
        for each in sum(ledger.asked, [])
    }
    found = first[0].genotype
    confirmed, controls, largest = made.verdict(found, first)

    assert [each.genotype for each in confirmed] == [found] * 2
    assert [each.genotype for each in controls] == [
        each.genotype for each in first[:4]
    ]
    assert {each.genotype for each in largest} == {
        max(first, key=lambda each: count(each.genotype).parameters).genotype
    }
    seeds = [each.seed for each in confirmed]
    assert [each.seed for each in largest] == seeds
    # A seed that is easy for all architectures favours neither side.
    assert [each.seed for each in controls] == 2 * seeds
    assert {each.steps for each in confirmed + controls + largest} == {80}
    again = {
        (isomorphism.key(SPACE, each.genotype), each.seed)
        for each in confirmed + controls + largest
    }
    assert not again & before


def test_few_random_architectures_are_joined_by_others_for_the_verdict():
    made, _, _ = make(random_share=0.0, controls=4)
    first = made.first_rung([])
    drawn = [each for each in first if each.origin == trainings.RANDOM]
    made._short = dataclasses.replace(made._short, controls=len(drawn) + 3)
    _, controls, _ = made.verdict(first[0].genotype, first)
    keys = [isomorphism.key(SPACE, each.genotype) for each in controls]
    assert len(set(keys)) == len(drawn) + 3
    assert {each.origin for each in controls} == {trainings.RANDOM}
    others = {isomorphism.key(SPACE, each.genotype) for each in first}
    assert not set(keys[len(drawn) :]) & others


def test_shares_that_are_both_rounded_up_fill_the_first_rung():
    made, _, _ = make(trainings=11, rungs=2, random_share=0.5, shared_share=0.5)
    drawn = [genotype for _, genotype in made._new("", made._random(99), 11)]
    made._known.clear()
    assert len(made.first_rung(drawn)) == 11


@pytest.mark.parametrize("seed", [0, 1])
def test_another_seed_draws_others(seed):
    made, _, _ = make()
    made._seed = seed
    other, _, _ = make()
    same = [each.genotype for each in made.first_rung([])[:6]] == [
        each.genotype for each in other.first_rung([])[:6]
    ]
    assert same == (seed == 0)
