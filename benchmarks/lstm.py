"""A language model with Keras's LSTM in place of a derived cell.

    python -m benchmarks.lstm --dataset=penn_treebank --data_dir=...

trains one as `ednas_tf.train` trains a derived network, by the same settings,
data, loss and optimizer, and prints its perplexity as JSON; nothing is
written. Its recurrent part, an LSTM and a projection to the length of an
embedding, has as many weights as a cell with as many nodes as
`search.space.nodes` says. States are not dropped, all else is.
"""

import json
import math

import keras
import tensorflow as tf

from ednas_tf import seeds
from ednas_tf.commands import running, settings_flags
from ednas_tf.nets.recurrent.language_network import (
    NOTHING_DROPPED,
    LanguageNetwork,
)
from ednas_tf.tasks.language_modelling import LanguageModelling


def units(hidden: int, nodes: int) -> int:
    """Units of an LSTM that has as many weights as a derived cell.

    4 u (hidden + u) + 4 u + u hidden of them, the last for the projection.
    """
    wanted = 2 * (nodes + 2) * hidden**2
    half = (5 * hidden + 4) / 8
    return round(math.sqrt(half**2 + wanted / 4) - half)


class Lstm(keras.layers.Layer):
    """An LSTM and a projection to the length of an embedding.

    Args:
      hidden: length of an embedding.
      num_units: of the LSTM.
    """

    def __init__(self, hidden: int, num_units: int):
        super().__init__()
        self.hidden = hidden
        self.lstm = keras.layers.LSTM(
            num_units, return_sequences=True, return_state=True
        )
        self.projection = keras.layers.Dense(hidden, use_bias=False)

    def call(self, x, state):
        """Outputs [steps, batch, hidden]; h and c, [batch, 2 units]."""
        x = tf.transpose(x, [1, 0, 2])
        h, *state = self.lstm(x, initial_state=tf.split(state, 2, -1))
        outputs = tf.transpose(self.projection(h), [1, 0, 2])
        return outputs, tf.concat(state, -1)


class LstmNetwork(LanguageNetwork):
    """The language model; its state is [batch, 2 units]."""

    def read(self, words, state, masks=NOTHING_DROPPED):
        return self.cell(self.embed(words, masks), state)


class LstmTask(LanguageModelling):
    """Language modelling, the derived network being an LSTM."""

    def _units(self):
        hidden = self.settings.train.language_model.hidden
        return units(hidden, self.settings.search.space.nodes)

    def child(self, described=None, to_train=True):
        hidden = self.settings.train.language_model.hidden
        cell = Lstm(hidden, self._units())
        network = LstmNetwork(len(self.data.words), cell)
        zeros = tf.zeros([1, 1], tf.int32), *self._zeros(1)
        network.read(*zeros)
        return network

    def initial_state(self, kind):
        return self._zeros(self.settings.train.batch_size)

    def evaluation_state(self, test, final):
        return self._zeros(self._streams(final))

    def _zeros(self, batch_size):
        return (tf.zeros([batch_size, 2 * self._units()]),)


def main() -> None:
    from ednas_tf.loops import distribution
    from ednas_tf.loops.train import train_loop
    from ednas_tf.loops.train.train_trainer import TrainTrainer

    settings = settings_flags.settings()
    task = LstmTask(settings)
    train_loop.check(task, replicas=1)
    strategy = distribution.set_up(settings.runtime)
    schedule = train_loop.schedule(task, replicas=1)
    keras.utils.set_random_seed(seeds.derive(settings.seed, "weights"))
    trainer = TrainTrainer(task, settings, None, schedule, strategy)
    print(json.dumps(_trained(trainer, schedule), indent=2))


def _trained(trainer, schedule):
    """Trains; tests the weights of the epoch with the best validation."""
    update, variables = trainer.weight_update, trainer.network.variables
    best, weights, history = math.inf, None, []
    for _ in range(schedule.epochs):
        trainer.train(tf.constant(schedule.child_steps))
        with update.averaged():
            history.append(trainer.evaluate()["perplexity"])
            if history[-1] < best:
                best, weights = history[-1], [v.numpy() for v in variables]
        if update.average:
            update.average.observe(history[-1])
    for variable, value in zip(variables, weights, strict=True):
        variable.assign(value)
    return {
        "validation_perplexities": history,
        "validation": trainer.evaluate(final=True),
        "test": trainer.evaluate(test=True, final=True),
        "parameters": sum(
            math.prod(v.shape) for v in trainer.network.trainable_variables
        ),
        "seconds": float(trainer.seconds.numpy()),
    }


if __name__ == "__main__":
    running.run(main)
