import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.data.text import windows
from ednas_tf.settings import schema

MODEL = schema.LanguageModel(bptt=7, short_share=0.25, bptt_stddev=2.0)
EOS = -1


def text(num_tokens):
    """A text in which each token is its own position."""
    return np.arange(num_tokens, dtype=np.int32)


def take(dataset, count):
    return list(dataset.take(count).as_numpy_iterator())


def training(
    num_tokens=200, batch_size=4, count=None, model=MODEL, seed=1, **kwargs
):
    """Training windows, by default those of one pass."""
    if count is None:
        count = windows.steps_per_pass(num_tokens, batch_size, model)
    dataset = windows.training_windows(
        text(num_tokens), batch_size, model, seed, **kwargs
    )
    return take(dataset, count)


def scoring(
    num_tokens=200, batch_size=4, bptt=6, context=3, count=8, seed=1, **kwargs
):
    """Scoring windows, by default those of one pass."""
    dataset = windows.scoring_windows(
        text(num_tokens), batch_size, bptt, context, seed, **kwargs
    )
    return take(dataset, count)


def lengths(num_tokens, model, passes, seed=1):
    """The lengths of the windows over one column, [passes, steps]."""
    steps = windows.steps_per_pass(num_tokens, 1, model)
    found = training(num_tokens, 1, passes * steps, model, seed)
    return np.array([len(i) for i, _, _ in found]).reshape(passes, steps)


def assert_same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        for field, wanted in zip(one, other, strict=True):
            np.testing.assert_array_equal(field, wanted)


def shares_put_together(sources, step, local):
    """Joins the shares of all replicas into the batch of a step."""
    parts = [
        share
        for source in sources
        for share in source[step * local : (step + 1) * local]
    ]
    return [
        np.concatenate(field, axis=1) if np.ndim(field[0]) else field[0]
        for field in zip(*parts, strict=True)
    ]


@pytest.mark.parametrize(
    "model",
    [
        MODEL,
        schema.LanguageModel(),
        schema.LanguageModel(bptt=1, short_share=1.0),
        schema.LanguageModel(bptt=2, bptt_stddev=1e30),
        schema.LanguageModel(bptt=1000),
        schema.LanguageModel(bptt=3, short_share=1.0, bptt_stddev=50.0),
    ],
    ids=["usual", "default", "ones", "wild", "one_window", "short"],
)
@pytest.mark.parametrize("num_tokens", [8, 203])
def test_a_pass_covers_each_column_once(model, num_tokens):
    steps = windows.steps_per_pass(num_tokens, 4, model)
    found = training(num_tokens, 4, 3 * steps, model)
    columns = text(num_tokens)[: num_tokens // 4 * 4].reshape(4, -1).T
    for start in range(0, 3 * steps, steps):
        inputs, targets, begins = zip(
            *found[start : start + steps], strict=True
        )
        assert min(map(len, inputs)) >= 1
        np.testing.assert_array_equal(np.concatenate(inputs), columns[:-1])
        np.testing.assert_array_equal(np.concatenate(targets), columns[1:])
        assert list(begins) == [True] + [False] * (steps - 1)


def test_each_target_follows_its_input_in_the_column():
    for inputs, targets, _ in training():
        assert inputs.shape == targets.shape
        np.testing.assert_array_equal(targets, inputs + 1)
        np.testing.assert_array_equal(
            inputs[0] - inputs[0, 0], [0, 50, 100, 150]
        )


@pytest.mark.parametrize(
    "num_tokens, batch_size, model, steps",
    [
        # 928 predicted tokens in each column, divided by 34.125.
        (929_589, 1000, schema.LanguageModel(), 27),
        (929_589, 256, schema.LanguageModel(), 106),
        (929_589, 64, schema.LanguageModel(bptt_stddev=5.0), 426),
        (71, 1, schema.LanguageModel(short_share=0.0), 2),
        (71, 1, schema.LanguageModel(bptt=100), 1),
        (4, 1, schema.LanguageModel(bptt=1, short_share=1.0), 3),
        (4, 2, schema.LanguageModel(), 1),
        (3, 2, schema.LanguageModel(), 0),
        (1, 2, schema.LanguageModel(), 0),
        (0, 2, schema.LanguageModel(), 0),
    ],
)
def test_the_steps_per_pass(num_tokens, batch_size, model, steps):
    assert windows.steps_per_pass(num_tokens, batch_size, model) == steps


def test_without_draws_all_windows_have_nearly_the_same_length():
    model = schema.LanguageModel(short_share=0.0)
    found = lengths(10_000, model, passes=2)
    assert found.shape == (2, 286)
    assert set(found.flat) == {34, 35}
    np.testing.assert_array_equal(found[0], found[1])
    assert set(lengths(71, model, passes=1).flat) == {35}


def test_lengths_follow_the_settings():
    model = schema.LanguageModel(short_share=0.2, bptt_stddev=3.0)
    found = lengths(60_000, model, passes=1)
    # Over 1,905 windows, the standard errors are 0.01 for the share, 0.08 and
    # 0.15 for the means, and 0.2 for the factor that scales both.
    short = found < 26
    np.testing.assert_allclose(short.mean(), 0.2, atol=0.04)
    np.testing.assert_allclose(found[~short].mean(), 35, atol=0.9)
    np.testing.assert_allclose(found[short].mean(), 17, atol=0.9)
    np.testing.assert_allclose(found[~short].std(), 3, atol=0.25)


def test_lengths_have_limits():
    model = schema.LanguageModel(bptt=40, short_share=0.0, bptt_stddev=15.0)
    found = lengths(60_000, model, passes=1)
    # All lengths are scaled alike.
    assert 5 <= found.min() < 8 and 57 < found.max() <= 62


def test_lengths_differ_from_pass_to_pass_and_from_seed_to_seed():
    model = schema.LanguageModel(bptt_stddev=5.0)
    one = lengths(10_000, model, passes=3)
    other = lengths(10_000, model, passes=1, seed=2)
    # Over 293 windows, the standard error of a correlation is 0.06.
    assert abs(np.corrcoef([*one, *other]) - np.eye(4)).max() < 0.25
    np.testing.assert_array_equal(one, lengths(10_000, model, passes=3))


@pytest.mark.parametrize("start_step", [7, 20])
def test_a_later_start_continues_exactly(start_step):
    assert windows.steps_per_pass(200, 4, MODEL) == 8
    assert_same(
        training(count=24 - start_step, start_step=start_step),
        training(count=24)[start_step:],
    )
    assert_same(
        scoring(count=24 - start_step, start_step=start_step),
        scoring(count=24)[start_step:],
    )


@pytest.mark.parametrize("make", [training, scoring])
@pytest.mark.parametrize(
    "pipelines, replicas, start_step",
    [(1, 1, 0), (1, 2, 5), (2, 2, 0), (2, 4, 5), (1, 4, 0)],
)
def test_the_shares_of_all_replicas_make_up_the_batch_of_one(
    make, pipelines, replicas, start_step
):
    expected = make(count=10, start_step=start_step)
    local = replicas // pipelines
    sources = [
        make(
            count=10 * local,
            start_step=start_step,
            input_context=tf.distribute.InputContext(pipelines, i, replicas),
        )
        for i in range(pipelines)
    ]
    assert sources[0][0][0].shape[1] == 4 // replicas
    together = [shares_put_together(sources, k, local) for k in range(10)]
    assert_same(together, expected)


def test_one_trace_serves_all_training_windows():
    dataset = windows.training_windows(
        text(200),
        4,
        MODEL,
        seed=0,
        input_context=tf.distribute.InputContext(1, 0, 2),
    )
    tokens = tf.TensorSpec([None, 2], tf.int32)
    assert dataset.element_spec == (tokens, tokens, tf.TensorSpec([], tf.bool))


@pytest.mark.parametrize("batch_size", [-1, 0, 6])
def test_each_column_must_have_a_token_to_predict(batch_size):
    with pytest.raises(errors.RequestError) as caught:
        windows.training_windows(text(11), batch_size, MODEL, seed=0)
    assert str(caught.value) == (
        f"batch_size={batch_size}: expected 1 to 5, because there are 11 "
        "tokens, and each column needs at least 2"
    )
    assert training(11, 5)[0][1].shape == (1, 5)


@pytest.mark.parametrize("make", [training, scoring])
def test_replicas_must_share_a_batch_evenly(make):
    with pytest.raises(errors.RequestError) as caught:
        make(batch_size=5, input_context=tf.distribute.InputContext(1, 0, 2))
    assert str(caught.value) == (
        "batch_size=5: expected a multiple of 2, the number of replicas that "
        "share it"
    )


def test_a_pass_scores_all_windows_of_each_column_once():
    # Each column has 50 tokens: 8 windows of 6, and one token left over.
    assert windows.scoring_steps_per_pass(200, 4, 6) == 8
    passes = scoring(count=16)[:8], scoring(count=16)[8:]
    orders = []
    for one in passes:
        places = np.array([targets[0] for _, targets in one])
        orders.append(places[:, 0].tolist())
        expected = 1 + 6 * np.arange(8)[:, None] + [0, 50, 100, 150]
        np.testing.assert_array_equal(np.sort(places, axis=0), expected)
    assert orders[0] != orders[1] != sorted(orders[1])
    assert orders[0] != sorted(orders[0])


@pytest.mark.parametrize("context", [0, 3, 450])
def test_the_context_is_the_tokens_before_the_window(context):
    for inputs, targets in scoring(context=context):
        assert inputs.shape == (context + 6, 4) and targets.shape == (6, 4)
        begins = targets[0] - 1
        before = np.arange(-context, 6)[:, None] + begins
        # The last token of the text precedes its first.
        np.testing.assert_array_equal(inputs, before % 200)
        np.testing.assert_array_equal(targets, inputs[context:] + 1)


def test_tokens_outside_of_all_columns_are_context_of_the_first():
    inputs, _ = next(w for w in scoring(203, count=8) if w[1][0, 0] == 1)
    assert inputs[:, 0].tolist() == [200, 201, 202, 0, 1, 2, 3, 4, 5]


def test_the_shape_of_a_scoring_window_is_static():
    dataset = windows.scoring_windows(text(200), 4, 6, 3, seed=0)
    assert dataset.element_spec == (
        tf.TensorSpec([9, 4], tf.int32),
        tf.TensorSpec([6, 4], tf.int32),
    )


@pytest.mark.parametrize(
    "num_tokens, batch_size, bptt, found, suggestion",
    [
        (70, 10, 7, 7, "a batch_size of 1 to 8 or a bptt of 1 to 6"),
        (7, 2, 7, 3, "a bptt of 1 to 2"),
        (70, 70, 7, 1, "a batch_size of 1 to 8"),
        (70, 0, 7, 0, "a batch_size of 1 to 8"),
        (1, 1, 7, 1, "a longer text"),
    ],
)
def test_a_column_shorter_than_a_window_is_refused(
    num_tokens, batch_size, bptt, found, suggestion
):
    with pytest.raises(errors.RequestError) as caught:
        scoring(num_tokens, batch_size, bptt)
    assert str(caught.value) == (
        f"batch_size={batch_size}: expected columns of at least 8 tokens, "
        f"because bptt=7, found {found} tokens in each, {num_tokens} in all; "
        f"give {suggestion}"
    )
    if batch_size:
        steps = windows.scoring_steps_per_pass(num_tokens, batch_size, bptt)
        assert steps == 0


def test_the_suggested_sizes_are_accepted():
    assert scoring(70, 8, 7, count=1)[0][1].shape == (7, 8)
    assert scoring(70, 10, 6, count=1)[0][1].shape == (6, 10)


@pytest.mark.parametrize("streams", [1, 3, 7, 10, 40])
@pytest.mark.parametrize("length", [4, 100])
@pytest.mark.parametrize("num_tokens", [31, 1])
def test_every_token_is_evaluated_once(streams, length, num_tokens):
    dataset = windows.evaluation_windows(text(num_tokens), EOS, streams, length)
    found = list(dataset.as_numpy_iterator())
    each = -(-num_tokens // streams)
    times = [len(inputs) for inputs, _, _ in found]
    assert times[:-1] == [length] * (len(times) - 1)
    assert sum(times) == each and 1 <= times[-1] <= length

    inputs, targets, counts = map(np.concatenate, zip(*found, strict=True))
    assert inputs.shape == targets.shape == counts.shape == (each, streams)
    assert (inputs.dtype, counts.dtype) == (np.int32, np.float32)
    real = counts.T.ravel() == 1
    assert counts.sum() == num_tokens == real.sum()
    # Joined stream by stream, the targets are the text, and each input is the
    # token before its target.
    assert targets.T.ravel()[real].tolist() == list(range(num_tokens))
    assert inputs.T.ravel()[real].tolist() == [EOS, *range(num_tokens - 1)]
    assert set(targets.T.ravel()[~real]) <= {EOS}


def test_evaluation_windows_by_hand():
    dataset = windows.evaluation_windows(text(5), EOS, streams=2, length=2)
    found = list(dataset.as_numpy_iterator())
    assert_same(
        found,
        [
            ([[-1, 2], [0, 3]], [[0, 3], [1, 4]], [[1, 1], [1, 1]]),
            ([[1, -1]], [[2, -1]], [[1, 0]]),
        ],
    )
    assert_same(list(dataset.as_numpy_iterator()), found)


def test_one_trace_serves_all_evaluation_windows():
    dataset = windows.evaluation_windows(text(5), EOS, streams=2, length=2)
    tokens = tf.TensorSpec([None, 2], tf.int32)
    counts = tf.TensorSpec([None, 2], tf.float32)
    assert dataset.element_spec == (tokens, tokens, counts)
