"""Windows of text, as tf.data datasets over tokens in memory.

All are time-major. For training and rewards a text of n tokens is cut into
the columns of a batch, L = n // batch_size tokens each, column b being
tokens[b * L : (b + 1) * L]; what is left over at the end is not read. A pass
reads all columns side by side, a window after the other. A window is a
function of (seed, step) only: a run resumed at a step continues exactly, and
any number of replicas reads what one would.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ednas_tf import errors
from ednas_tf.data import draws
from ednas_tf.data.images.pipeline import Replicas, background
from ednas_tf.lazy import tf

# Lengths of windows, where the numbers of the settings allow for them: the
# least (Merity et al., 2017), and how much longer than bptt one may be.
_SHORTEST, _LONGER = 5, 20


def steps_of_a_pass(num_tokens: int, batch_size: int, model) -> int:
    """Training windows of a pass, the same for every pass.

    So many that their mean length is near bptt * (1 - short_share / 2).

    Args:
      num_tokens: of the text.
      batch_size: columns, over all replicas.
      model: a `LanguageModel` of `settings/schema.py`.

    Returns:
      0 if a column has no token to predict.
    """
    predicted = num_tokens // batch_size - 1
    if predicted < 1:
        return 0
    mean = model.bptt * (1 - model.short_share / 2)
    return min(predicted, max(1, round(predicted / mean)))


def scoring_steps_of_a_pass(num_tokens: int, batch_size: int, bptt: int) -> int:
    """Scoring windows of a pass; 0 if a column is too short for one."""
    return max(0, num_tokens // batch_size - 1) // bptt


def training_windows(
    tokens: np.ndarray,
    batch_size: int,
    model,
    seed: int,
    start_step: int = 0,
    input_context: tf.distribute.InputContext | None = None,
) -> tf.data.Dataset:
    """Endless windows for training; element k is that of start_step + k.

    A pass predicts each token of each column once, the first ones excepted.
    Lengths are drawn anew for each pass (Merity et al., 2017): a window aims
    at bptt tokens, or, with probability short_share, at half of it, and a
    normal of bptt_stddev is added; at least 5, at most bptt + 20. Other than
    there, all are then stretched or shrunk alike, by a few per cent, so that
    every pass has the same number of windows.

    Args:
      tokens: int32 [n].
      batch_size: columns, of all replicas together.
      model: a `LanguageModel` of `settings/schema.py`.
      seed: lengths of one seed are the same, of others independent.
      start_step: the step of the first window, counted over all passes.
      input_context: as `strategy.distribute_datasets_from_function` hands it
        over. The elements are then the shares of the replicas it feeds, in
        turn: replica r has the columns r * share to (r + 1) * share - 1.

    Returns:
      A dataset of (inputs, targets, begins): int32 [t, share], each target
      being the token after its input, and bool [], whether a pass begins, for
      which the hidden state is to be forgotten; share = batch_size / replicas.

    Raises:
      RequestError: a column has no token to predict, or the replicas cannot
        share the batch evenly.
    """
    most = len(tokens) // 2
    if not 1 <= batch_size <= most:
        raise errors.RequestError(
            f"batch_size={batch_size}: expected 1 to {most}, as there are "
            f"{len(tokens)} tokens, and a text of a batch has 2 at least"
        )
    replicas = Replicas.of(input_context)
    share = replicas.share(batch_size)
    columns = _columns(tokens, batch_size)
    steps = steps_of_a_pass(len(tokens), batch_size, model)

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
    """Endless windows to score architectures on, for their rewards.

    All have the same length, and come in another order in each pass. As the
    architectures change from step to step there is no hidden state to go on
    from: a window brings the tokens before it instead.

    Args:
      tokens: int32 [n].
      batch_size: columns, of all replicas together.
      bptt: tokens that are predicted in each column.
      context: tokens before those. Before the first ones of the text come its
        last ones.
      seed, start_step, input_context: as for `training_windows`.

    Returns:
      A dataset of (inputs, targets): int32 [context + bptt, share], and int32
      [bptt, share], the tokens after the last bptt inputs.

    Raises:
      RequestError: a column is shorter than a window, or the replicas cannot
        share the batch evenly.
    """
    _check_scoring(len(tokens), batch_size, bptt)
    replicas = Replicas.of(input_context)
    share = replicas.share(batch_size)
    steps = scoring_steps_of_a_pass(len(tokens), batch_size, bptt)
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
    """All of a text once, every token being predicted from those before it.

    The text is cut into streams of ceil(n / streams) tokens that are read side
    by side; the last ones are padded. The input of the first token is `<eos>`,
    that of another stream's first token the token before it.

    Args:
      tokens: int32 [n].
      eos: the token `<eos>`.
      streams: how many; one is the most accurate, as its hidden state knows
        all that came before.
      length: of a window, which does not change what is predicted.

    Returns:
      A dataset of (inputs, targets, counts): int32 [t, streams] twice, and
      float32 [t, streams], 1 for a token and 0 for padding; t = length, or
      less in the last window. It holds a copy of the text: make it once,
      iterate it often.
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
    # An array would become a constant of the graph, which may not exceed
    # 2 GiB; by default a tensor would lie in an accelerator's memory.
    with tf.device("CPU"):
        return tf.constant(tokens)


def _columns(tokens: np.ndarray, batch_size: int) -> tf.Tensor:
    length = len(tokens) // batch_size
    used = tokens[: batch_size * length]
    return _on_cpu(used.reshape(batch_size, length))


def _ends(
    predicted: int, steps: int, model, seed: int, epoch: tf.Tensor
) -> tf.Tensor:
    """Where the windows of a pass end, int64 [steps], the last at `predicted`.

    Each has one token, and what is left is parted in proportion to lengths
    that are drawn: their sum is exact, and none is empty.
    """
    short = draws.short(seed, epoch, steps, model.short_share)
    aims = tf.where(short, model.bptt // 2, model.bptt)
    drawn = tf.cast(aims, tf.float64) + model.bptt_stddev * draws.normals(
        seed, epoch, steps
    )
    shortest = min(_SHORTEST, model.bptt)
    drawn = tf.clip_by_value(drawn, shortest, model.bptt + _LONGER)
    # More than 0, as all of them may aim at a single token.
    parts = tf.cumsum(tf.maximum(drawn - 1, 1e-3))
    parts = tf.round(parts / parts[-1] * (predicted - steps))
    return tf.range(1, steps + 1, dtype=tf.int64) + tf.cast(parts, tf.int64)


def _endless(
    windows: Callable, steps: int, start_step: int, replicas: Replicas
) -> tf.data.Dataset:
    """Endless (replica, *window), each window once for every local replica.

    Args:
      windows: gives the windows of an epoch, one tensor [steps] or several.
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
        f"batch_size={batch_size}: expected texts of {bptt + 1} tokens at "
        f"least, as bptt={bptt}, found {length} tokens in each, "
        f"{num_tokens} in all; {' or '.join(could) or 'a longer text'} would do"
    )
