"""From which hidden state an architecture should be scored.

    python -m benchmarks.reward_state --model_dir=runs/ptb --data_dir=...

takes the supernet of a search for a recurrent cell, and architectures at
random. The truth about one is its perplexity on the whole validation text,
read from the first word to the last with its own hidden state. Against that
it holds rewards on one minibatch, read from zeros; after some words that the
architecture reads before; and from the state that another architecture has
left, as it is where the state is carried from one policy step to the next.

It prints one JSON object; for each way the mean of the rewards over that of
the truth, the standard deviation of log(reward) about log(truth) once the
minibatch's part in it, which all have in common, is taken off, and the rank
correlation of reward and truth over the architectures, a mean over minibatches.
"""

import json
import math

import numpy as np
import tensorflow as tf
from absl import flags
from scipy import stats

from ednas_tf.commands import running, settings_flags

_ARCHITECTURES = flags.DEFINE_integer("architectures", 30, "Sampled ones.")
_WINDOWS = flags.DEFINE_integer("windows", 8, "Minibatches.")
_CONTEXTS = flags.DEFINE_list("contexts", ["0", "8", "35"], "Words before.")


def main() -> None:
    from ednas_tf.runs import run_directory
    from ednas_tf.runs.names import SETTINGS_FILE

    directory = settings_flags.model_dir("search", "penn_treebank")
    settings = run_directory.load(directory / SETTINGS_FILE)
    settings.override({"runtime": settings_flags.runtime()})
    task, network = _supernet(settings, directory)
    sampled = _sampled(task.space)
    text = _Text(task, network)
    truth = np.array([text.truth(one) for one in sampled])
    contexts = [int(value) for value in _CONTEXTS.value]
    ways = {f"context {n}": text.with_context(sampled, n) for n in contexts}
    ways["state of another"] = text.with_state_of_another(sampled)
    result = {
        "validation_perplexity": {
            "best": truth.min(),
            "median": float(np.median(truth)),
            "worst": truth.max(),
        },
        "ways": {name: _compared(ppl, truth) for name, ppl in ways.items()},
        "architectures": len(sampled),
        "minibatches": _WINDOWS.value,
        "batch_size": settings.policy.batch_size,
        "hidden": settings.search.language_model.hidden,
    }
    print(json.dumps(result, indent=2))


def _supernet(settings, directory):
    from ednas_tf import searchers, tasks
    from ednas_tf.loops import distribution
    from ednas_tf.loops.schedule import Schedule
    from ednas_tf.loops.search.search_trainer import SearchTrainer
    from ednas_tf.runs import checkpoints

    task = tasks.make(settings)
    trainer = SearchTrainer(
        task,
        settings,
        searchers.make(task.space, 0, settings),
        Schedule(1, 1, settings.search.policy_steps or task.search_steps(1)[1]),
        distribution.strategy("one_device"),
    )
    file = checkpoints.newest(directory)
    trainer.checkpoint().restore(file).expect_partial()
    return task, trainer.supernet.network


def _sampled(space):
    from benchmarks import subjects

    found = subjects.sampled(space, _ARCHITECTURES.value)
    return [architecture["recurrent"] for architecture in found]


class _Text:
    """The validation text in the columns of a policy step.

    Args:
      task: language modelling.
      network: the supernet.
    """

    def __init__(self, task, network):
        size = task.settings.policy.batch_size
        tokens = task.data.valid
        length = len(tokens) // size
        self.columns = tokens[: size * length].reshape(size, length).T
        self.bptt = task.settings.search.language_model.bptt
        self.network = network
        self.zeros = tf.zeros([size, network.hidden])
        words = tf.TensorSpec([None, size], tf.int32)
        self._read = tf.function(
            self._nats,
            input_signature=[
                *(words, words, tf.TensorSpec(self.zeros.shape)),
                *[tf.TensorSpec([task.space.num_slots], tf.int32)] * 2,
            ],
            autograph=False,
        )
        count = (length - 1) // self.bptt
        # The first is left out: it has no words before it.
        self.starts = np.linspace(1, count - 1, _WINDOWS.value).astype(int)
        self.starts *= self.bptt

    def _nats(self, words, targets, state, sources, ops):
        """Nats of each word, and the last state."""
        from ednas_tf.nets.architectures import Sampled

        outputs = self.network(words, state, sampled=Sampled(sources, ops))
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(
            targets, self.network.logits(outputs)
        )
        return tf.reduce_mean(nats, 1), outputs[-1]

    def read(self, start, end, state, picked):
        """Nats of the words from `start` to `end`, and the last state."""
        words = tf.constant(self.columns[start : end + 1])
        nats, state = self._read(words[:-1], words[1:], state, *picked)
        return nats.numpy(), state

    def truth(self, picked) -> float:
        """Perplexity of all words, the state carried from the first on."""
        state, found = self.zeros, []
        for start in range(0, len(self.columns) - 1, self.bptt):
            end = min(start + self.bptt, len(self.columns) - 1)
            nats, state = self.read(start, end, state, picked)
            found.append(nats)
        return math.exp(np.concatenate(found).mean())

    def with_context(self, sampled, context):
        """Perplexities [architectures, windows] after so many words."""
        return np.array(
            [
                [self._window(i, self.zeros, one, context) for i in self.starts]
                for one in sampled
            ]
        )

    def with_state_of_another(self, sampled):
        """Each goes on from what another one made of all words before."""
        found = []
        for one, other in zip(sampled, sampled[1:] + sampled[:1], strict=True):
            state, begin, row = self.zeros, 0, []
            for start in self.starts:
                _, state = self.read(begin, start, state, other)
                begin = start
                row.append(self._window(start, state, one, 0))
            found.append(row)
        return np.array(found)

    def _window(self, start, state, picked, context):
        first = max(0, start - context)
        nats, _ = self.read(first, start + self.bptt, state, picked)
        return math.exp(nats[start - first :].mean())


def _compared(perplexities, truth):
    logs = np.log(truth)[:, None] - np.log(perplexities)
    ranks = [
        stats.spearmanr(column, truth).statistic for column in perplexities.T
    ]
    return {
        "reward_over_truth": float(np.exp(logs.mean())),
        "stddev_of_log": float((logs - logs.mean(0)).std()),
        "rank_correlation": float(np.mean(ranks)),
    }


if __name__ == "__main__":
    running.run(main)
