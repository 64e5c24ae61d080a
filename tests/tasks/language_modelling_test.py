import dataclasses
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors, searchers, tasks
from ednas_tf.data.text import text_data
from ednas_tf.loops import distribution
from ednas_tf.loops.schedule import CHILD, POLICY, Schedule
from ednas_tf.loops.search.search_trainer import SearchTrainer
from ednas_tf.loops.train.train_trainer import TrainTrainer
from ednas_tf.nets import architectures
from ednas_tf.nets.recurrent import language_network
from ednas_tf.settings import resolve, schema
from ednas_tf.space import published

WORDS = ("<eos>", *(f"word{i}" for i in range(18)), "<unk>")
FOUND = published.published("ednas_ptb")


def corpus(train=700, valid=210, test=131):
    """Text in which each word tells a lot about the next."""
    generator = np.random.default_rng(0)

    def text(length):
        steps = generator.integers(1, 4, length)
        return (np.cumsum(steps) % len(WORDS)).astype(np.int32)

    return text_data.Corpus("tiny", text(train), text(valid), text(test), WORDS)


def settings(**changes):
    result = resolve.resolve("penn_treebank")
    small = {"hidden": 8, "bptt": 6}
    result.override(
        {
            "search": {
                "language_model": small,
                "batch_size": 4,
                "optimizer": {"learning_rate": 10.0},
            },
            "policy": {"batch_size": 4, "learning_rate": 0.05},
            "train": {
                "language_model": small | {"word_dropout": 0.0},
                "batch_size": 4,
                "validation_streams": 3,
                "optimizer": {"learning_rate": 10.0},
            },
        }
    )
    result.override(changes)
    return result


def no_dropout(section):
    names = [f.name for f in dataclasses.fields(schema.LanguageModel)]
    zeros = {name: 0.0 for name in names if name.endswith("dropout")}
    section.language_model.override(zeros)


def make(chosen=None, data=None):
    return tasks.make(chosen or settings(), data or corpus())


def search_trainer(task, child_steps=5, policy_steps=5):
    keras.utils.set_random_seed(1)
    searcher = searchers.make(task.space, 0, task.settings)
    schedule = Schedule(2, child_steps, policy_steps)
    strategy = distribution.strategy("one_device")
    return SearchTrainer(task, task.settings, searcher, schedule, strategy)


def train_trainer(task, steps=5):
    keras.utils.set_random_seed(1)
    strategy = distribution.strategy("one_device")
    schedule = Schedule(2, steps, 0)
    return TrainTrainer(task, task.settings, FOUND, schedule, strategy)


def nats_one_by_one(network, tokens, eos=0):
    """Of every token, each predicted from all before, the first from <eos>."""
    step = tf.function(network.read, autograph=False, reduce_retracing=True)
    state, found = tf.zeros([1, network.hidden]), []
    for word, target in zip([eos, *tokens[:-1]], tokens, strict=True):
        outputs, state = step(tf.constant([[word]]), state)
        logits = network.logits(outputs)[0, 0]
        found.append(-tf.nn.log_softmax(logits)[target].numpy())
    return np.array(found)


def test_perplexity_is_exact_to_the_token_whatever_the_batch_size():
    data = corpus()
    found = []
    for batch_size in (1, 4, 7):
        chosen = settings()
        chosen.train.batch_size = batch_size
        trainer = train_trainer(make(chosen, data))
        for variable in trainer.network.weights:
            variable.assign(keras.random.normal(variable.shape, seed=2))
        found.append(trainer.evaluate(test=True, final=True))
    nats = nats_one_by_one(trainer.network, data.test)
    for each in found:
        assert each["tokens"] == len(data.test) == 131
        assert each["perplexity"] == pytest.approx(
            math.exp(nats.mean()), rel=1e-5
        )
    validation = trainer.evaluate()
    assert validation["tokens"] == 210
    expected = sum(
        nats_one_by_one(trainer.network, part, before).sum()
        for part, before in (
            (data.valid[:70], 0),
            (data.valid[70:140], data.valid[69]),
            (data.valid[140:], data.valid[139]),
        )
    )
    assert validation["perplexity"] == pytest.approx(
        math.exp(expected / 210), rel=1e-5
    )


def test_a_loss_is_that_of_the_words_and_of_slowness():
    chosen = settings()
    no_dropout(chosen.train)
    chosen.train.language_model.slowness = 0.5
    task = make(chosen)
    network = task.child(FOUND)
    rng = np.random.default_rng(0)
    words = rng.integers(0, len(WORDS), [7, 4]).astype(np.int32)
    state = tf.constant(rng.normal(size=[4, 8]), tf.float32)
    for begins in (False, True):
        batch = tf.constant(words[:-1]), tf.constant(words[1:]), begins
        parts = task.train_loss(network, batch, (state,), 0, 0.0)
        outputs = network(words[:-1], state * (1 - begins))
        log_probs = tf.nn.log_softmax(network.logits(outputs))
        nats = -tf.gather(log_probs, words[1:], batch_dims=2)
        slow = tf.reduce_mean(tf.square(outputs[1:] - outputs[:-1]))
        assert float(parts.sums["loss"]) == pytest.approx(
            float(tf.reduce_mean(nats)), rel=1e-5
        )
        assert float(parts.loss) == pytest.approx(
            float(tf.reduce_mean(nats) + 0.5 * slow), rel=1e-5
        )
        np.testing.assert_array_equal(parts.state[0], outputs[-1])
        assert float(parts.rate_scale) == 1.0


def test_a_reward_is_80_over_the_perplexity_after_the_context():
    chosen = settings()
    chosen.policy.context = 3
    task = make(chosen)
    network = task.supernet()
    rng = np.random.default_rng(0)
    words = tf.constant(rng.integers(0, 20, [9, 4]), tf.int32)
    targets = tf.constant(rng.integers(0, 20, [6, 4]), tf.int32)
    picked = architectures.from_genotype(task.space, FOUND)
    outputs = network(words, tf.zeros([4, 8]), picked["recurrent"])
    log_probs = tf.nn.log_softmax(network.logits(outputs[3:]))
    nats = -tf.reduce_mean(tf.gather(log_probs, targets, batch_dims=2))
    score = task.score(network, (words, targets), picked)
    assert float(task.reward(score)) == pytest.approx(
        80 * math.exp(-nats), rel=1e-5
    )
    assert float(task.reward(score + score)) == pytest.approx(
        float(task.reward(score)), rel=1e-6
    )
    window = next(
        iter(task.policy_batches(distribution.strategy("one_device"), 0))
    )
    assert [part.shape for part in window] == [(9, 4), (6, 4)]


def test_policies_move_and_the_loss_falls():
    chosen = settings()
    no_dropout(chosen.search)
    task = make(chosen)
    trainer = search_trainer(task, child_steps=60, policy_steps=5)
    first = trainer.train(tf.constant(20))
    trainer.train(tf.constant(20))
    last = trainer.train(tf.constant(20))
    assert last["child/loss"] < first["child/loss"] - 0.05
    assert first["child/perplexity"] == pytest.approx(
        math.exp(first["child/loss"])
    )
    policies = trainer.searcher.policies
    vectors = policies.operations["recurrent"]
    assert not vectors.numpy().any()
    told = trainer.train(tf.constant(5))
    assert 0 < told["policy/reward"] < 80
    assert vectors.numpy().any()
    assert all(v.numpy().any() for v in policies.structure["recurrent"][1:])


def test_child_steps_hand_the_state_on_and_a_pass_begins_anew():
    task = make()
    trainer = search_trainer(task, child_steps=task.search_steps(1)[0])
    (state,) = trainer.supernet.state.read()
    assert not state.numpy().any()
    trainer.run(CHILD, tf.constant(1))
    (one,) = trainer.supernet.state.read()
    assert one.numpy().all()
    trainer.run(POLICY, tf.constant(1))
    np.testing.assert_array_equal(trainer.supernet.state.read()[0], one)


def test_a_training_ends_with_less_perplexity_than_it_began():
    chosen = settings()
    no_dropout(chosen.train)
    trainer = train_trainer(make(chosen), steps=100)
    # It takes long to leave the small weights that it starts from.
    for variable in trainer.network.trainable_variables:
        variable.assign(keras.random.normal(variable.shape, stddev=0.4))
    before = trainer.evaluate(final=True)["perplexity"]
    trainer.train(tf.constant(150))
    after = trainer.evaluate(final=True)["perplexity"]
    # Three words can follow each.
    assert 3 < after < 0.6 * before


def test_a_training_started_again_goes_on_bit_for_bit(tmp_path):
    task = make()

    def end(trainer):
        (state,) = trainer.state.read()
        return [state.numpy(), *trainer.network.get_weights()]

    whole = train_trainer(task)
    whole.train(tf.constant(3))
    file = whole.checkpoint().save(str(tmp_path / "ckpt"))
    whole.train(tf.constant(4))
    again = train_trainer(task)
    again.checkpoint().restore(file).assert_consumed()
    again.train(tf.constant(4))
    for one, other in zip(end(whole), end(again), strict=True):
        np.testing.assert_array_equal(one, other)


def test_masks_are_a_function_of_the_seed_with_mean_1():
    model = schema.LanguageModel(
        hidden=200, output_dropout=0.75, input_dropout=0.0, word_dropout=0.1
    )
    one, again, other = (
        language_network.draw_masks(model, 4000, 64, tf.constant([3, step]))
        for step in (0, 0, 1)
    )
    assert one.input is None
    for name, dropped in (
        ("output", 0.75),
        ("hidden", 0.25),
        ("embedding", 0.2),
        ("words", 0.1),
    ):
        mask = getattr(one, name).numpy()
        np.testing.assert_array_equal(mask, getattr(again, name))
        assert (mask != getattr(other, name).numpy()).any()
        assert mask.shape == ((4000, 1) if name == "words" else (64, 200))
        assert (mask == 0).mean() == pytest.approx(dropped, abs=0.02)
        assert mask.max() == pytest.approx(1 / (1 - dropped))
    assert (one.hidden.numpy() != one.embedding.numpy()).any()


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ({"search": {"batch_size": 500}}, "search.batch_size: expected"),
        ({"policy": {"batch_size": 100}}, "policy.batch_size: expected"),
        (
            {"search": {"language_model": {"hidden": 10000, "bptt": 10000}}},
            "search.language_model: expected .* 20 words with hidden=10000",
        ),
        ({"train": {"precision": "mixed_bfloat16"}}, "train.precision: exp"),
        ({"runtime": {"xla": True}}, "runtime.xla: expected false"),
    ],
)
def test_what_cannot_be_is_refused(override, said):
    task = make(settings(**override))
    with pytest.raises(errors.RequestError, match=said):
        task.check_search()
        task.search_steps(1)
        task.check_train()


def test_batch_sizes_that_are_chosen_are_told(capsys):
    chosen = settings(
        search={"batch_size": 0}, policy={"batch_size": 0}, train={}
    )
    task = make(chosen, corpus())
    sizes = f"search.batch_size={chosen.search.batch_size}, policy.batch_size="
    task.announce()
    printed = " ".join(capsys.readouterr().out.split())
    assert printed == (
        f"chosen for the text: {sizes}{chosen.policy.batch_size}"
    )
    assert chosen.search.batch_size > 1
    assert min(task.search_steps(1)) >= 1


def test_replicas_must_share_a_batch():
    with pytest.raises(errors.RequestError, match="a multiple of 3"):
        make().train_steps(3)


def test_a_text_is_not_downloaded():
    with pytest.raises(errors.RequestError, match="--download"):
        tasks.make(settings(runtime={"download": True}))


def test_a_result_of_another_vocabulary_is_refused(tmp_path):
    task = make()
    result = task.provenance()
    task.check_result(result, tmp_path)
    one_more = corpus(valid=211)
    with pytest.raises(errors.RequestError, match="expected the text of the r"):
        make(data=one_more).check_result(result, tmp_path)
    other = dataclasses.replace(corpus(), words=WORDS[::-1])
    with pytest.raises(errors.RequestError, match="20 words of the run"):
        make(data=other).check_result(result, tmp_path)
