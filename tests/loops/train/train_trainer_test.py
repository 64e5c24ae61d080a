"""The parts of a training that the paper's settings switch on."""

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.data.images import image_data
from ednas_tf.loops import distribution
from ednas_tf.loops.carried_state import CarriedState
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.train.train_trainer import TrainTrainer
from ednas_tf.settings import resolve
from ednas_tf.space import genotype
from ednas_tf.tasks import image_scores
from ednas_tf.tasks.image_classification import ImageClassification

SCHEDULE = Schedule(epochs=1, child_steps=5, policy_steps=0)
OVERRIDES = (
    "data.validation_images=8,train.network.cells=3,train.network.channels=2,"
    "train.batch_size=8,train.drop_path=0.4,train.auxiliary_weight=0.4,"
    "train.label_smoothing=0.1,train.augmentation.cutout=16"
)
CLASSES = 12


def noise():
    """32 training and 21 test images of 12 classes."""
    generator = np.random.default_rng(0)
    train, test = (
        image_data.Split(
            generator.integers(0, 256, (size, 32, 32, 3)).astype(np.uint8),
            generator.integers(0, CLASSES, size).astype(np.int32),
        )
        for size in (32, 21)
    )
    labels = tuple(map(str, range(CLASSES)))
    moments = ((0.5,) * 3, (0.25,) * 3)
    return image_data.ImageData("noise", train, test, labels, *moments, 4, True)


def described():
    # XLA has no deterministic gradient of max_pool_3x3.
    ops = ("sep_conv_3x3", "avg_pool_3x3"), ("skip_connect", "dil_conv_3x3")
    nodes = tuple(
        (genotype.Edge(0, first), genotype.Edge(1, second))
        for first, second in ops
    )
    cell = genotype.Cell(nodes, (2, 3))
    return genotype.Genotype(
        "convolutional", {"normal": cell, "reduction": cell}
    )


def make(overrides="", strategy="one_device"):
    settings = resolve.resolve("digits", [], f"{OVERRIDES},{overrides}")
    task = ImageClassification(settings, noise())
    strategy = distribution.strategy(strategy)
    trainer = TrainTrainer(task, settings, described(), SCHEDULE, strategy)
    generator = np.random.default_rng(1)
    for variable in trainer.network.trainable_variables:
        shape = variable.shape
        variable.assign(
            0.3 * generator.standard_normal(shape) + (0.5 * (len(shape) == 1))
        )
    return trainer


@pytest.fixture(scope="module")
def alone():
    """What the first step and two more of one device gave, and the trainer."""
    trainer = make()
    logged = [trainer.train(tf.constant(n)) for n in (1, 2)]
    return trainer, logged


def test_two_devices_train_as_one(alone):
    trainer, logged = alone
    mirrored = make(strategy="mirrored")
    found = [mirrored.train(tf.constant(n)) for n in (1, 2)]

    for one, other in zip(logged, found, strict=True):
        assert other["train/loss"] == pytest.approx(one["train/loss"], rel=1e-4)
    for one, other in zip(
        trainer.network.get_weights(),
        mirrored.network.get_weights(),
        strict=True,
    ):
        np.testing.assert_allclose(other, one, atol=1e-3)


def test_paths_are_dropped_more_and_more(alone):
    task, network = alone[0].task, alone[0].network
    # Three cells, each with four edges, one of them an identity; in reduction
    # cells that one halves the image.
    assert network.num_drop_edges == 3 + 4 + 4
    for step, probability in enumerate([0.0, 0.1, 0.2, 0.3, 0.4]):
        keep = task.keep(network, step, step / 4).numpy()
        assert keep.shape == (11, 8)
        np.testing.assert_allclose(
            sorted(set(keep.ravel())),
            sorted({0.0, 1 / (1 - probability)} if step else {1.0}),
            rtol=1e-6,
        )
        # 88 draws: four standard deviations are 0.21.
        assert abs((keep == 0).mean() - probability) < 0.21
        again = task.keep(network, step, step / 4).numpy()
        np.testing.assert_array_equal(keep, again)


@pytest.mark.parametrize("step, expected", [(0, 0.0), (1, 0.25), (4, 1.0)])
def test_progress_rises_from_0_to_1(step, expected):
    """It is told to the first replica; no network is needed for that."""
    told = []

    class Told(Exception):
        pass

    class Strategy:
        def run(self, _, arguments):
            told.append(arguments[-2:])
            raise Told

    trainer = object.__new__(TrainTrainer)
    trainer.strategy, trainer.state = Strategy(), CarriedState((), None)
    trainer.global_step = tf.Variable(step, dtype=tf.int64)
    trainer._last_step = SCHEDULE.total_steps - 1
    with pytest.raises(Told):
        trainer._step(iter([None]))
    ((number, progress),) = told
    assert (int(number), float(progress)) == (step, expected)


def test_what_is_dropped_counts_for_nothing(alone):
    network = alone[0].network
    images = tf.random.stateless_normal([2, 32, 32, 3], [0, 1])
    ones = np.ones([network.num_drop_edges, 2], np.float32)
    for edge in range(network.num_drop_edges):
        keep = ones.copy()
        keep[edge, 1] = 0
        kept, dropped = network(images, keep=ones), network(images, keep=keep)
        np.testing.assert_array_equal(dropped[0], kept[0])
        assert np.abs(dropped[1] - kept[1]).max() > 1e-6
    np.testing.assert_allclose(network(images, keep=ones), network(images))


class Outputs:
    """A network that gives what was written down."""

    num_drop_edges = 0

    def __init__(self, *outputs):
        self.outputs = outputs

    def __call__(self, images, keep, training):
        assert keep is None and training
        return self.outputs


def test_the_loss_with_smoothing_and_auxiliary_head(alone):
    task = alone[0].task
    generator = np.random.default_rng(0)
    logits, auxiliary = generator.normal(size=[2, 3, CLASSES]).astype("f")
    labels = np.array([0, 5, 11])
    log_p = [
        x - np.log(np.exp(x).sum(-1, keepdims=True))
        for x in (logits, auxiliary)
    ]
    losses = [
        -0.9 * p[range(3), labels].sum() - 0.1 * p.mean(-1).sum() for p in log_p
    ]
    batch = None, tf.constant(labels, tf.int32)
    found = task.train_loss(Outputs(logits, auxiliary), batch, (), 0, 0.0)

    # Of a minibatch of eight images three are here.
    total = (losses[0] + 0.4 * losses[1]) / 8
    correct = np.sum(logits.argmax(-1) == labels) / 8
    assert float(found.loss) == pytest.approx(total, rel=1e-5)
    assert float(found.sums["loss"]) == float(found.loss)
    assert float(found.sums["accuracy"]) == correct
    assert (found.state, found.rate_scale) == ((), 1)


def test_top_5(alone):
    trainer, _ = alone
    data = trainer.task.data
    images = (data.test.images / 255 - data.mean) / data.stddev
    logits = trainer.network(images.astype(np.float32)).numpy()
    ranks = (-logits).argsort(-1) == data.test.labels[:, None]

    low, high = image_scores.wilson(ranks[:, 0].sum(), 21)
    assert trainer.evaluate(test=True) == {
        "accuracy": ranks[:, 0].sum() / 21,
        "accuracy_low": pytest.approx(low),
        "accuracy_high": pytest.approx(high),
        "chance_accuracy": np.bincount(data.test.labels).max() / 21,
        "images": 21,
        "top_5_accuracy": ranks[:, :5].sum() / 21,
    }


@pytest.mark.parametrize(
    "override, tolerance",
    [("train.precision=mixed_bfloat16", 0.03), ("runtime.xla=true", 1e-4)],
)
def test_the_loss_of_other_ways_to_compute(alone, override, tolerance):
    expected = alone[1][0]["train/loss"]
    found = make(override).train(tf.constant(1))["train/loss"]
    assert found == pytest.approx(expected, rel=tolerance)


def test_sixteen_bits_keep_the_weights_in_32(alone):
    network = make("train.precision=mixed_bfloat16").network
    assert {v.dtype for v in network.variables} == {"float32"}
    assert network.cells[0].compute_dtype == "bfloat16"
    assert network(tf.zeros([1, 32, 32, 3])).dtype == tf.float32
    assert alone[0].network.cells[0].compute_dtype == "float32"
