"""What the benchmarks time: a search's trainer, and a network alone."""

import keras
import numpy as np
import orbit
import tensorflow as tf

from ednas_tf.data.images.image_data import ImageData, Split
from ednas_tf.loops import distribution
from ednas_tf.loops.carried_state import CarriedState
from ednas_tf.loops.schedule import CHILD, Schedule
from ednas_tf.loops.search.search_trainer import SearchTrainer
from ednas_tf.loops.weight_update import WeightUpdate
from ednas_tf.nets import architectures, cell_network
from ednas_tf.searchers.policy_vectors import PolicyVectors
from ednas_tf.searchers.reinforce import Reinforce
from ednas_tf.settings import schema
from ednas_tf.space.cell_space import CellSpace
from ednas_tf.tasks import Task
from ednas_tf.tasks.image_classification import ImageClassification

ONE = tf.constant(1)


def settings(batch_size: int, network: schema.Network, ops=None):
    """The paper's settings for CIFAR-10, but for what is given."""
    result = schema.Settings()
    result.override(
        {
            "data": {"name": "noise", "validation_images": 1024},
            "search": {"network": network.as_dict(), "batch_size": batch_size},
            "policy": {"batch_size": batch_size},
        }
    )
    if ops:
        result.search.space.ops = tuple(ops)
    return result


def noise(size: int = 32, classes: int = 10) -> ImageData:
    """Images of CIFAR-10's form, or fewer of another size."""
    generator = np.random.default_rng(0)
    shape = (4096 if size == 32 else 1280, size, size, 3)
    split = Split(
        generator.integers(0, 256, shape, np.uint8),
        generator.integers(0, classes, shape[0]).astype(np.int32),
    )
    labels = tuple(map(str, range(classes)))
    moments = ((0.5,) * 3, (0.25,) * 3)
    return ImageData("noise", split, split, labels, *moments, 4, True)


def sampled(space: CellSpace, count: int) -> list[architectures.Architecture]:
    """Architectures at random, each as likely as any other."""
    uniform = PolicyVectors(space, initial_stddev=0.0)
    return [uniform.sample(tf.constant([0, i])) for i in range(count)]


class FixedSearcher(Reinforce):
    """Samples as ever, and then proposes one architecture."""

    def __init__(self, space: CellSpace, policy: schema.Policy):
        vectors = PolicyVectors(space, 0, policy.initial_stddev)
        super().__init__(vectors, policy)
        self.fixed = {
            cell_type: architectures.Sampled(*map(tf.Variable, cell))
            for cell_type, cell in architectures.first(space).items()
        }

    def propose(self, seed):
        """Uses the sample, so that TensorFlow cannot leave out drawing it."""
        return tf.nest.map_structure(
            lambda fixed, drawn: fixed + tf.minimum(drawn, 0),
            self.fixed,
            super().propose(seed),
        )

    def fix(self, architecture: architectures.Architecture) -> None:
        """Sets what is proposed from now on."""
        tf.nest.map_structure(
            lambda variable, value: variable.assign(value),
            self.fixed,
            architecture,
        )


class FixedSearch(SearchTrainer):
    """A search all of whose steps run one architecture."""

    def __init__(self, task: Task):
        super().__init__(
            task,
            task.settings,
            FixedSearcher(task.space, task.settings.policy),
            Schedule(epochs=1, child_steps=10**6, policy_steps=100),
            distribution.strategy("one_device"),
        )

    def fix(self, architecture: architectures.Architecture) -> None:
        """Sets the architecture of all steps from now on."""
        self.searcher.fix(architecture)

    def step(self, phase=CHILD):
        self.run(phase, ONE)
        return self.global_step.numpy()


class Standalone:
    """A network alone, trained by the same update on the same data.

    Args:
      task: whose data and loss.
      network: without choices.
      strategy: of one device.
      kind: "child", to be trained as a supernet is, or "train".
    """

    def __init__(self, task: Task, network: keras.Model, strategy, kind: str):
        section = {"child": task.settings.search, "train": task.settings.train}
        batches = {"child": task.child_batches, "train": task.train_batches}
        losses = {"child": self._child_loss, "train": self._train_loss}
        self.task, self.network = task, network
        self.update = WeightUpdate(network, section[kind].optimizer, 10**6, 1)
        self.batches = iter(batches[kind](strategy, 0))
        self.loss = losses[kind]
        self.state = CarriedState(task.initial_state(kind), strategy)
        self.steps = tf.Variable(0)
        step = tf.autograph.experimental.do_not_convert(self._step)
        self.loop = tf.function(orbit.utils.create_tf_while_loop_fn(step))

    def _child_loss(self, batch, state):
        return self.task.child_loss(
            self.network, batch, state, None, self.steps
        )

    def _train_loss(self, batch, state):
        return self.task.train_loss(self.network, batch, state, self.steps, 0.0)

    def _step(self, iterator):
        batch, state = next(iterator), self.state.read()
        parts, _ = self.update(lambda: self.loss(batch, state))
        self.state.write(parts.state)
        self.steps.assign_add(1)

    def step(self):
        self.loop(self.batches, ONE)
        return self.steps.numpy()


def image_network(task: ImageClassification, architecture) -> keras.Model:
    """The network of one architecture, which normalises as a supernet does."""
    described = architectures.to_genotype(task.space, architecture)
    network = task.settings.search.network
    return cell_network.derived_network(
        described, network, 3, 10, for_search=True
    ).make_weights(task.image_shape)
