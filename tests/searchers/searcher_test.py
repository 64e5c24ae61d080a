import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors, searchers, seeds
from ednas_tf.searchers import registered
from ednas_tf.searchers.reinforce import Reinforce
from ednas_tf.searchers.searcher import Searcher
from ednas_tf.settings import fields, resolve
from ednas_tf.space import convolutional

SPACE = convolutional.convolutional(2, ("skip_connect", "max_pool_3x3"))


def settings_of(name, **policy):
    settings = resolve.resolve()
    settings.override({"search": {"searcher": name}, "policy": policy})
    return settings


def made(name, seed=0, **policy):
    return searchers.make(SPACE, seed, settings_of(name, **policy))


def test_the_known_searchers():
    assert set(searchers.names()) >= {"ednas", "random", "thompson"}
    for name, learns in (("ednas", True), ("random", False)):
        searcher = made(name)
        assert type(searcher) is Reinforce
        assert searcher.learns == learns
        assert searcher.space is SPACE


def test_settings_reach_the_searcher():
    searcher = made(
        "ednas",
        initial_stddev=2.0,
        baseline_decay=0.25,
        entropy_coefficient=0.5,
    )
    vectors = searcher.policies.trainable_variables
    logits = np.concatenate([np.ravel(vector) for vector in vectors])

    assert searcher.settings.baseline_decay == 0.25
    assert searcher.settings.entropy_coefficient == 0.5
    # Two cell types, each with 1 + 3 choices of edges and 5 edges x 2 ops.
    assert len(logits) == 28
    assert 1.0 < logits.std() < 3.0


def test_policies_that_learn_from_short_trainings_have_a_rate_of_their_own():
    settings = resolve.resolve(
        overrides="policy.learning_rate=3.5e-4,search.short.searcher=ednas,"
        "search.short.trainings=480,search.short.proposals=4"
    )
    short = searchers.make_short(SPACE, 0, settings)
    # They learn 120 times, and can move by the paper's 8.19 in all.
    rate = float(short.scalars()["learning_rate"])
    assert rate == pytest.approx(8.19 / 120, rel=1e-2)
    assert settings.policy.learning_rate == 3.5e-4


@pytest.mark.parametrize(
    ("evidence", "trainings", "own", "expected"),
    [
        ("short", 16, 0, 8),
        ("both", 24, 0, 12),
        ("both", 48, 0, 20),
        ("both", 16, 5, 5),
        ("shared", 16, 0, 20),
    ],
)
def test_few_short_trainings_are_soon_followed_by_neighbours(
    evidence, trainings, own, expected
):
    settings = resolve.resolve(
        overrides=f"search.evidence={evidence},"
        f"search.short.trainings={trainings},search.short.rungs=2,"
        f"search.short.searcher_settings={{explored: {own}}}"
    )
    assert searchers.make_short(SPACE, 0, settings).explored == expected


def test_a_seed_fixes_the_start_and_another_changes_it():
    one, same, other = (
        made("ednas", seed).policies.operations["normal"].numpy()
        for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, same)
    assert np.all(one != other)


@pytest.mark.parametrize(
    "refuse",
    [lambda settings: searchers.make(SPACE, 0, settings), searchers.complete],
    ids=["make", "complete"],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(refuse):
    with pytest.raises(errors.RequestError) as raised:
        refuse(settings_of("randon"))
    assert str(raised.value) == (
        "unknown searcher 'randon', did you mean "
        "'random'? "
        f"(one of: {', '.join(searchers.names())})"
    )


@dataclasses.dataclass
class OtherSettings(fields.Section):
    size: int = fields.number(3)


def test_a_name_is_defined_once():
    with pytest.raises(ValueError, match="'random' is defined twice"):
        registered.searcher("random", OtherSettings)(lambda *_: None)
    assert not made("random").learns
    assert searchers.own_settings(settings_of("random")).as_dict() == {}


class Counting(Searcher):
    """Proposes the seeds that it is given, and keeps what it learns from."""

    def propose(self, seed):
        return {"seed": seed}

    def update(self, architectures, rewards, comparable):
        self.learnt = architectures, rewards, comparable
        return {"a number": tf.constant(3.0)}


class Pair(Counting):
    evaluations_per_step = 2


class Numbers:
    """Gives the rewards 0, 1, and so on."""

    comparable = True

    def rewards(self, architectures, batch):
        assert batch == "a batch"
        return tf.range(float(len(architectures)))


@pytest.mark.parametrize("kind", [Counting, Pair])
def test_a_step_proposes_has_judged_and_updates(kind):
    searcher, seed = kind(SPACE), tf.constant([3, 4])
    learned = searcher.learn(Numbers(), "a batch", seed)

    seeds_of_all = [m["seed"].numpy().tolist() for m in learned.architectures]
    if kind is Counting:
        assert seeds_of_all == [[3, 4]]
    else:
        fold_in = tf.random.experimental.stateless_fold_in
        assert seeds_of_all == [
            fold_in(seed, i).numpy().tolist() for i in (0, 1)
        ]
    np.testing.assert_array_equal(
        learned.rewards, np.arange(kind.evaluations_per_step)
    )
    assert learned.watched["a number"].numpy() == 3
    assert searcher.learnt[0] == learned.architectures
    assert searcher.learnt[2] is True


def test_by_default_a_candidate_is_the_proposal_for_its_number():
    candidates = list(Counting(SPACE).candidates(3, seed=7))
    for i, candidate in enumerate(candidates):
        expected = seeds.at_step(7, tf.constant(i))
        np.testing.assert_array_equal(candidate["seed"], expected)
    assert len(candidates) == 3


def test_by_default_a_searcher_says_nothing_of_itself():
    searcher = Counting(SPACE)
    assert searcher.marginals() is None
    assert searcher.log_prob({}) is None
    assert searcher.scalars() == {}
    assert searcher.evaluations_per_step == 1
