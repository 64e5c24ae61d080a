"""Windows of text, as tf.data datasets over tokens in memory.

All windows are time-major. For training and rewards, a text of n tokens is cut
into the columns of a batch, each of L = n // batch_size tokens: column b is
tokens[b * L : (b + 1) * L]. Tokens left over at the end are not read. A pass
reads all columns side by side, one window after another.

    10 tokens 0 ... 9, batch_size 2, L = 5, each window as inputs -> targets:
                window 1          window 2
    column 0    0 1 2 -> 1 2 3    3 -> 4
    column 1    5 6 7 -> 6 7 8    8 -> 9

A window is a function of (seed, step) only: a run resumed at a step continues
exactly, and any number of replicas reads what a single one would read.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ednas_tf import errors
from ednas_tf.data import draws
from ednas_tf.data.images.pipeline import FedReplicas, background
from ednas_tf.lazy import tf

# Limits for the lengths of windows, if the settings allow them: the smallest
# length (Merity et al., 2017), and how much longer than bptt a window may be.
_SHORTEST, _LONGER = 5, 20


def steps_per_pass(num_tokens: int, batch_size: int, model) -> int:
    """The number of training windows in a pass, the same for every pass.

    It makes their mean length close to bptt * (1 - short_share / 2).

    Args:
      num_tokens: number of tokens of the text.
      batch_size: number of columns, over all replicas.
      model: a `LanguageModel` of `settings/schema.py`.

    Returns:
      The number of windows; 0 if a column has no token to predict.
    """
    predicted = num_tokens // batch_size - 1
    if predicted < 1:
        return 0
    mean = model.bptt * (1 - model.short_share / 2)
    return min(predicted, max(1, round(predicted / mean)))


def scoring_steps_per_pass(num_tokens: int, batch_size: int, bptt: int) -> int:
    """The number of scoring windows in a pass; 0 if columns are too short."""
    return max(0, num_tokens // batch_size - 1) // bptt


def training_windows(
    tokens: np.ndarray,
    batch_size: int,
    model,
    seed: int,
    start_step: int = 0,
    input_context: tf.distribute.InputContext | None = None,
) -> tf.data.Dataset:
    """Endless windows for training; element k is the window of start_step + k.

    A pass predicts each token of each column once, except the first tokens.
    Lengths are drawn anew for each pass (Merity et al., 2017): a window aims at
    bptt tokens or, with probability short_share, at half of that; a normal
    number with standard deviation bptt_stddev is added; the result is at least
    5 and at most bptt + 20. Unlike there, all lengths are then scaled by the
    same few per cent, so that every pass has the same number of windows.

    Args:
      tokens: int32 [n].
      batch_size: number of columns, over all replicas together.
      model: a `LanguageModel` of `settings/schema.py`.
      seed: equal seeds give equal lengths, different seeds independent ones.
      start_step: the step of the first window, counted over all passes.
      input_context: the context from
        `strategy.distribute_datasets_from_function`. The elements are then the
        shares of the replicas that the pipeline feeds, in turn: replica r has
        the columns r * share to (r + 1) * share - 1.

    Returns:
      A dataset of (inputs, targets, begins): inputs and targets are int32
      [t, share], where each target is the token after its input, and share is
      batch_size / replicas. The scalar bool `begins` says whether a pass
      begins, in which case the hidden state must be reset.

    Raises:
      RequestError: a column has no token to predict, or the replicas cannot
        share the batch evenly.
    """
    most = len(tokens) // 2
    if not 1 <= batch_size <= most:
        raise errors.RequestError(
            f"batch_size={batch_size}: expected 1 to {most}, because there are "
            f"{len(tokens)} tokens, and each column needs at least 2"
        )
    replicas = FedReplicas.of(input_context)
    share = replicas.share(batch_size)
    columns = _columns(tokens, batch_size)
    steps = steps_per_pass(len(tokens), batch_size, model)

    def windows(epoch):
        ends = _ends(columns.shape[1] - 1, steps, model, seed, epoch)
        begins = tf.concat([[0], ends[:-1]], axis=0)
        return begins, ends - begins

    def window(replica, begin, length):
        text = tf.slice(columns, [replica * share, begin], [share, length + 1])
        text = tf.ensure_shape(tf.transpose(text), [None, share])
        return text[:-1], text[1:], begin == 0

    return background(
        _endless(windows, steps, start_step, replicas).map(window)
    )


def scoring_windows(
    tokens: np.ndarray,
    batch_size: int,
    bptt: int,
    context: int,
    seed: int,
    start_step: int = 0,
    input_context: tf.distribute.InputContext | None = None,
) -> tf.data.Dataset:
    """Endless windows for scoring architectures, which gives their rewards.

    All windows have the same length, and their order differs in each pass.
    Architectures change from step to step, so there is no hidden state to
    continue from: a window contains the tokens before it instead.

    Args:
      tokens: int32 [n].
      batch_size: number of columns, over all replicas together.
      bptt: number of tokens predicted in each column.
      context: number of tokens before these. The first tokens of the text are
        preceded by its last ones.
      seed, start_step, input_context: see `training_windows`.

    Returns:
      A dataset of (inputs, targets): int32 [context + bptt, share], and int32
      [bptt, share], the tokens after the last bptt inputs.

    Raises:
      RequestError: a column is shorter than a window, or the replicas cannot
        share the batch evenly.
    """
    _check_scoring(len(tokens), batch_size, bptt)
    replicas = FedReplicas.of(input_context)
    share = replicas.share(batch_size)
    steps = scoring_steps_per_pass(len(tokens), batch_size, bptt)
    length = len(tokens) // batch_size
    text = _on_cpu(tokens)
    times = tf.range(-context, bptt + 1, dtype=tf.int64)[:, None]

    def windows(epoch):
        return (tf.cast(draws.order(seed, epoch, steps), tf.int64) * bptt,)

    def window(replica, begin):
        column = replica * share + tf.range(share, dtype=tf.int64)
        places = column * length + begin + times
        window = tf.gather(text, places % len(tokens))
        return window[:-1], window[context + 1 :]

    return background(
        _endless(windows, steps, start_step, replicas).map(window)
    )


def evaluation_windows(
    tokens: np.ndarray, eos: int, streams: int, length: int
) -> tf.data.Dataset:
    """The whole text once; every token is predicted from those before it.

    The text is cut into streams of ceil(n / streams) tokens that are read side
    by side; the last ones are padded. The input before the very first token is
    `<eos>`; the input before the first token of any other stream is the token
    that precedes it in the text.

    Args:
      tokens: int32 [n].
      eos: the token `<eos>`.
      streams: number of streams; a single stream is the most accurate, because
        its hidden state has seen all earlier tokens.
      length: length of a window, which does not affect the predictions.

    Returns:
      A dataset of (inputs, targets, counts): int32 [t, streams] twice, and
      float32 [t, streams], 1 for a token and 0 for padding; t = length, or
      less in the last window. It holds a copy of the text: create it once and
      iterate over it repeatedly.
    """
    num_tokens = len(tokens)
    each = -(-num_tokens // streams)
    text = _on_cpu(tokens)
    firsts = tf.range(streams, dtype=tf.int64) * each

    def window(begin):
        times = tf.range(begin, tf.minimum(begin + length, each))
        places = tf.ensure_shape(firsts + times[:, None], [None, streams])
        real = places < num_tokens

        def at(places):
            found = tf.gather(text, tf.clip_by_value(places, 0, num_tokens - 1))
            return tf.where(real & (places >= 0), found, eos)

        return at(places - 1), at(places), tf.cast(real, tf.float32)

    return background(tf.data.Dataset.range(0, each, length).map(window))


def _on_cpu(tokens: np.ndarray) -> tf.Tensor:
    # An array would become a constant of the graph, which may not exceed 2 GiB.
    # By default, a tensor would lie in the accelerator's memory.
    with tf.device("CPU"):
        return tf.constant(tokens)


def _columns(tokens: np.ndarray, batch_size: int) -> tf.Tensor:
    length = len(tokens) // batch_size
    used = tokens[: batch_size * length]
    return _on_cpu(used.reshape(batch_size, length))


def _ends(
    predicted: int, steps: int, model, seed: int, epoch: tf.Tensor
) -> tf.Tensor:
    """The ends of a pass's windows, int64 [steps], the last at `predicted`.

    Each window gets one token, and the remaining tokens are divided in
    proportion to the drawn lengths: their sum is exact, and none is empty.
    """
    short = draws.short(seed, epoch, steps, model.short_share)
    aims = tf.where(short, model.bptt // 2, model.bptt)
    drawn = tf.cast(aims, tf.float64) + model.bptt_stddev * draws.normals(
        seed, epoch, steps
    )
    shortest = min(_SHORTEST, model.bptt)
    drawn = tf.clip_by_value(drawn, shortest, model.bptt + _LONGER)
    # Keep lengths above 0, because all windows may aim at a single token.
    parts = tf.cumsum(tf.maximum(drawn - 1, 1e-3))
    parts = tf.round(parts / parts[-1] * (predicted - steps))
    return tf.range(1, steps + 1, dtype=tf.int64) + tf.cast(parts, tf.int64)


def _endless(
    windows: Callable, steps: int, start_step: int, replicas: FedReplicas
) -> tf.data.Dataset:
    """Endless (replica, *window), each window once for every local replica.

    Args:
      windows: returns the windows of an epoch, one or several tensors [steps].
    """
    local = replicas.local

    def of_a_pass(epoch):
        replica = (
            replicas.first + tf.range(steps * local, dtype=tf.int64) % local
        )
        fields = (tf.repeat(field, local) for field in windows(epoch))
        return tf.data.Dataset.from_tensor_slices((replica, *fields))

    epochs = tf.data.Dataset.counter(start_step // steps)
    return epochs.flat_map(of_a_pass).skip(start_step % steps * local)


def _check_scoring(num_tokens: int, batch_size: int, bptt: int) -> None:
    length = num_tokens // batch_size if batch_size > 0 else 0
    if length > bptt:
        return
    most = num_tokens // (bptt + 1)
    could = [f"a batch_size of 1 to {most}"] if most else []
    could += [f"a bptt of 1 to {length - 1}"] if length > 1 else []
    raise errors.RequestError(
        f"batch_size={batch_size}: expected columns of at least {bptt + 1} "
        f"tokens, because bptt={bptt}, found {length} tokens in each, "
        f"{num_tokens} in all; give {' or '.join(could) or 'a longer text'}"
    )
