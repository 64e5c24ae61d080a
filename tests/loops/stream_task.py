"""A small task with a state, whose numbers can be told by hand.

Its batches are numbers x, one a stream. The state of a stream moves as
h = h / 2 + x; the loss is the mean of (w - h)^2, for the one weight w.
"""

import math

import keras
import numpy as np
import tensorflow as tf

from ednas_tf import replicas
from ednas_tf.data.images.pipeline import FedReplicas, background
from ednas_tf.nets import counting
from ednas_tf.space import recurrent
from ednas_tf.tasks import StepResult, Task

#: Windows of the evaluation: so many numbers are in all streams together.
WINDOWS = np.linspace(0, 1, 12, dtype=np.float32)


class Weight(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.w = self.add_weight((1,), "zeros")


def numbers(seed, step, size):
    """The batch of a step, float32 [size], of mean 1."""
    seed = tf.stack([tf.constant(seed, tf.int32), tf.cast(step, tf.int32)])
    return 1 + tf.random.stateless_normal([size], seed)


class StreamTask(Task):
    """Perplexities of a weight that is right where it is 0.5."""

    measure = "perplexity"
    higher_is_better = False
    unit, a_unit = "tokens", "a token"
    family = "recurrent"
    sums = ("loss",)
    validates = True

    def __init__(self, settings, data=None):
        self.settings = settings
        self.space = recurrent.recurrent(2, ("tanh", "relu"))

    def check_search(self):
        pass

    def check_train(self):
        pass

    def announce(self):
        pass

    def search_steps(self, replicas):
        return 3, 2

    def train_steps(self, replicas):
        return 3

    def supernet(self):
        return Weight()

    def child(self, described, to_train=True):
        return Weight()

    def count(self, described):
        return counting.Counts(1, 0, 1, 4)

    def units_per_batch(self, kind):
        return 7

    def child_batches(self, strategy, start_step):
        return self._batches(strategy, start_step, "search")

    def policy_batches(self, strategy, start_step, purpose="policy"):
        return self._batches(strategy, start_step, "policy")

    def train_batches(self, strategy, start_step):
        return self._batches(strategy, start_step, "train")

    def _batches(self, strategy, start_step, section):
        size = getattr(self.settings, section).batch_size

        def make(context):
            fed = FedReplicas.of(context)

            def shares(step):
                batch = numbers(len(section), step, size)
                batch = tf.reshape(batch, [fed.total, -1])
                return tf.data.Dataset.from_tensor_slices(
                    batch[fed.first : fed.first + fed.local]
                )

            steps = tf.data.Dataset.counter(start_step)
            return background(steps.flat_map(shares))

        return _distributed(strategy, make)

    def evaluation_batches(self, strategy, test=False, final=False):
        windows = np.reshape(WINDOWS, [1 if final else 2, -1, 3])
        batches = tf.data.Dataset.from_tensor_slices(windows.transpose(1, 2, 0))

        def make(context):
            # All replicas read all of it, those of a process in turn.
            times = FedReplicas.of(context).local
            return background(
                batches.flat_map(
                    lambda batch: tf.data.Dataset.from_tensors(batch).repeat(
                        times
                    )
                )
            )

        return _distributed(strategy, make)

    def initial_state(self, kind):
        section = {"child": "search", "train": "train"}[kind]
        return (tf.zeros([getattr(self.settings, section).batch_size]),)

    def child_loss(self, supernet, batch, state, architecture, step):
        size = self.settings.search.batch_size
        return self._parts(supernet, batch, state, size, step)

    def train_loss(self, network, batch, state, step, progress):
        size = self.settings.train.batch_size
        return self._parts(network, batch, state, size, step)

    def _parts(self, network, batch, state, size, step):
        h = state[0] / 2 + batch
        loss = tf.reduce_sum((network.w.value - h) ** 2) / size
        return StepResult(loss, {"loss": loss}, (h,), rate_scale(step))

    def score(self, supernet, batch, architecture):
        error = tf.reduce_sum((supernet.w.value - batch) ** 2)
        return tf.stack([error, tf.cast(tf.size(batch), tf.float32)])

    def reward(self, total):
        return 1 / (1 + total[0] / total[1])

    def step_metrics(self, means):
        return means | {"perplexity": math.exp(means["loss"])}

    def evaluation_state(self, test, final):
        return (tf.zeros([1 if final else 2]),)

    def evaluate(self, network, batch, state):
        (h,), error = state, 0.0
        for i in range(3):
            h = h / 2 + batch[i]
            error += tf.reduce_sum((network.w.value - 0.5) ** 2 + h)
        share = 1 / replicas.count()
        tokens = tf.cast(tf.size(batch), tf.float32)
        return {"error": error * share, "tokens": tokens * share}, (h,)

    def evaluation_metrics(self, totals):
        mean = totals["error"] / totals["tokens"]
        return {"perplexity": math.exp(mean), "tokens": int(totals["tokens"])}

    def provenance(self):
        return {"stream": "numbers"}

    def check_result(self, result, directory):
        pass


def _distributed(strategy, make):
    """Each replica reads its dataset by itself.

    An iterator that several devices share is slow to end, by threads of
    TensorFlow's that tune it.
    """
    options = None
    if isinstance(strategy, tf.distribute.MirroredStrategy):
        options = tf.distribute.InputOptions(
            experimental_fetch_to_device=False,
            experimental_replication_mode=(
                tf.distribute.InputReplicationMode.PER_REPLICA
            ),
        )
    return strategy.distribute_datasets_from_function(make, options)


def rate_scale(step):
    """1, 2, 1, 2, ..."""
    return tf.cast(1 + step % 2, tf.float32)


def perplexity(w, streams):
    """What an evaluation must find, by numpy."""
    h, error = np.zeros(streams), 0.0
    for x in WINDOWS.reshape([streams, -1]).T:
        h = h / 2 + x
        error += h.sum()
    return math.exp((w - 0.5) ** 2 + error / len(WINDOWS))
