import keras
import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets import cell_network
from ednas_tf.nets.architectures import Sampled, to_genotype
from ednas_tf.nets.initializer import FanIn
from ednas_tf.nets.plan import CellPlan
from ednas_tf.nets.shared_cell import SharedCell
from ednas_tf.ops import operation
from ednas_tf.settings import schema
from ednas_tf.space import convolutional

SPACE = convolutional.convolutional()
NUM_CLASSES, NUM_CELLS, CHANNELS = 3, 5, 4

CHAIN = [[0, 1], [1, 2], [2, 3], [3, 4]]
FROM_INPUTS = [[0, 1]] * 4


def cell_of(nodes, ops):
    """The choices of a cell: for each node its sources, and all operations."""
    sources = np.concatenate(nodes)
    return Sampled(tf.constant(sources, tf.int32), tf.constant(ops, tf.int32))


def rotated(nodes, first):
    """Operations in turn on the edges, so that eight edges carry all seven."""
    return cell_of(nodes, (first + np.arange(8)) % 7)


def sampled(seed, space=SPACE):
    rng = np.random.default_rng(seed)
    nodes = range(space.num_nodes)
    return {
        cell_type: cell_of(
            [rng.choice(space.edge_choices(node)) for node in nodes],
            rng.integers(0, len(space.ops), [space.num_slots]),
        )
        for cell_type in space.cell_types
    }


#: The first has every operation with stride 2.
ARCHITECTURES = [
    {"normal": rotated(CHAIN, 0), "reduction": rotated(FROM_INPUTS, 0)},
    {"normal": rotated(FROM_INPUTS, 3), "reduction": rotated(CHAIN, 1)},
    {"normal": rotated(CHAIN, 5), "reduction": rotated(CHAIN, 4)},
    sampled(0),
    sampled(1),
]


def planned(channels, halves=False):
    """The place of a cell with two inputs, which are not prepared."""
    return CellPlan("normal", channels, ((), ()), 4 * channels, halves)


def chosen_places(space, chosen):
    """The (edge number, operation) pairs of a cell, in the slots' order."""
    return [
        (space.first_edge(node) + int(source), int(op))
        for node, source, op in zip(
            space.slot_nodes(),
            chosen.sources.numpy(),
            chosen.ops.numpy(),
            strict=True,
        )
    ]


class Search:
    """A supernet and one compiled step for all of its architectures."""

    def __init__(self, space, num_cells=NUM_CELLS):
        self.space = space
        self.num_traces = 0
        network = schema.Network(cells=num_cells, channels=CHANNELS)
        self.net = cell_network.supernet(space, network, 3, NUM_CLASSES)
        # Variables that a trace creates make tf.function trace again.
        self.net(batch(1)[0], architecture=sampled(0, space))
        spec = tf.TensorSpec([space.num_slots], tf.int32)
        self.step = tf.function(
            self._step,
            input_signature=[
                tf.TensorSpec([None, 8, 8, 3]),
                tf.TensorSpec([None, NUM_CLASSES]),
                dict.fromkeys(space.cell_types, Sampled(spec, spec)),
            ],
        )

    def _step(self, images, weights, architecture):
        self.num_traces += 1
        return logits_and_gradients(self.net, images, weights, architecture)


def logits_and_gradients(net, images, weights, architecture=None):
    """Logits; gradients of their weighted sum by variables and by images."""
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = net(images, architecture=architecture, training=True)
        loss = tf.reduce_sum(logits * weights)
    return logits, tape.gradient(loss, [*net.trainable_variables, images])


def gradients_by_variable(net, gradients):
    """Identity of a variable -> its gradient."""
    return {
        id(variable): gradient.numpy()
        for variable, gradient in zip(
            net.trainable_variables, gradients[:-1], strict=True
        )
    }


def batch(size, seed=0):
    rng = np.random.default_rng(seed)
    images = rng.normal(size=[size, 8, 8, 3])
    weights = rng.normal(size=[size, NUM_CLASSES])
    return tf.constant(images, tf.float32), tf.constant(weights, tf.float32)


def paired_layers(first, second):
    """The layers that two networks have in common."""
    yield from zip(first.stem, second.stem, strict=True)
    yield from zip(first.preprocessors, second.preprocessors, strict=True)
    yield first.classifier, second.classifier


def paired_variables(first, second):
    for layers in paired_layers(first, second):
        yield from zip(
            *(layer.trainable_variables for layer in layers), strict=True
        )


def copied_network(search, architecture):
    """The derived network of an architecture, with the supernet's weights."""
    derived = cell_network.derived_network(
        to_genotype(search.space, architecture),
        schema.Network(cells=len(search.net.cells), channels=CHANNELS),
        *(3, NUM_CLASSES),
        for_search=True,
    )
    derived(batch(1)[0])
    for shared, own in paired_variables(search.net, derived):
        own.assign(shared)
    for shared, own, cell_type in zip(
        search.net.cells, derived.cells, search.net.cell_types, strict=True
    ):
        places = chosen_places(search.space, architecture[cell_type])
        for place, layer in zip(places, own.edges, strict=True):
            start, end = shared.slices[place]
            row = shared.kernel.numpy()[start:end]
            for kernel in layer.trainable_variables:
                size = int(np.prod(kernel.shape))
                kernel.assign(row[:size].reshape(kernel.shape))
                row = row[size:]
            assert row.size == 0
    return derived


def assert_close(found, expected):
    """Compares by the largest element, which a near-zero one is noise to."""
    assert found.shape == expected.shape
    scale = np.abs(expected).max()
    assert np.abs(found - expected).max() <= 1e-5 * scale


def assert_equals_derived_network(search, architecture):
    # Of two, a norm makes 1 and -1 whatever max pooling found in each whole
    # image: the gradient before it cancels but for rounding and epsilon.
    images, weights = batch(3)
    derived = copied_network(search, architecture)
    logits, gradients = search.step(images, weights, architecture)
    # Compiled as the supernet is: eager kernels round differently.
    compiled = tf.function(logits_and_gradients, autograph=False)
    expected_logits, expected_gradients = compiled(derived, images, weights)

    assert_close(logits.numpy(), expected_logits.numpy())
    assert_close(gradients[-1].numpy(), expected_gradients[-1].numpy())
    found = gradients_by_variable(search.net, gradients)
    expected = gradients_by_variable(derived, expected_gradients)
    for shared, own in paired_variables(search.net, derived):
        assert_close(found[id(shared)], expected[id(own)])
    for shared, own, cell_type in zip(
        search.net.cells, derived.cells, search.net.cell_types, strict=True
    ):
        whole = found[id(shared.kernel)].copy()
        places = chosen_places(search.space, architecture[cell_type])
        for place, layer in zip(places, own.edges, strict=True):
            parts = [
                expected[id(kernel)].ravel()
                for kernel in layer.trainable_variables
            ]
            start, end = shared.slices[place]
            if parts:
                assert_close(whole[start:end], np.concatenate(parts))
            whole[start:end] = 0
        # What was not sampled has no gradient at all.
        np.testing.assert_array_equal(whole, np.zeros_like(whole))


def moved_places(search, architecture):
    """For each cell the (edge, operation) pairs with a non-zero gradient."""
    _, gradients = search.step(*batch(3), architecture)
    found = gradients_by_variable(search.net, gradients)
    return [
        {
            place
            for place, (start, end) in cell.slices.items()
            if np.any(found[id(cell.kernel)][start:end])
        }
        for cell in search.net.cells
    ]


def weighted_places(cell, chosen):
    """The sampled (edge, operation) pairs that have weights."""
    return {
        place
        for place in chosen_places(cell.space, chosen)
        if cell.slices[place][0] < cell.slices[place][1]
    }


@pytest.fixture(scope="module")
def search():
    keras.utils.set_random_seed(0)
    return Search(SPACE)


def test_a_supernet_of_8_cells_and_16_channels_has_1930618_weights(
    monkeypatch,
):
    def cell_without_operations(self, inputs, sampled=None, training=False):
        stride = 2 if self.planned.halves else 1
        return tf.repeat(inputs[1][:, ::stride, ::stride], 4, -1)

    # Tracing the operations of six kinds of cells takes seconds.
    monkeypatch.setattr(SharedCell, "call", cell_without_operations)
    net = cell_network.supernet(SPACE, schema.Network(), 3, 10)
    net(tf.zeros([1, 8, 8, 3]), architecture=sampled(0))

    assert net.count_params() == 1930618
    assert sum(np.prod(v.shape) for v in net.trainable_variables) == 1930618
    assert [i for i, t in enumerate(net.cell_types) if t == "reduction"] == [
        2,
        5,
    ]


def test_the_compared_architectures_cover_all_operations_and_strides():
    covered = set()
    for architecture in ARCHITECTURES:
        for cell_type, chosen in architecture.items():
            for source, op in zip(
                chosen.sources.numpy(), chosen.ops.numpy(), strict=True
            ):
                halved = cell_type == "reduction" and source < 2
                covered.add((cell_type, 2 if halved else 1, int(op)))

    assert covered == {
        (*cell, op)
        for cell in (("normal", 1), ("reduction", 1), ("reduction", 2))
        for op in range(7)
    }


@pytest.mark.parametrize(
    "architecture",
    ARCHITECTURES,
    ids=["all halved", "chain", "both chains", "sampled 0", "sampled 1"],
)
def test_outputs_and_gradients_equal_those_of_the_derived_network(
    search, architecture
):
    assert_equals_derived_network(search, architecture)


def test_every_cell_moves_exactly_the_weights_of_its_own_choices(search):
    for seed in (2, 3):
        architecture = sampled(seed)

        moved = moved_places(search, architecture)

        assert moved == [
            weighted_places(cell, architecture[cell_type])
            for cell, cell_type in zip(
                search.net.cells, search.net.cell_types, strict=True
            )
        ]


@pytest.mark.parametrize("cell_type", ["normal", "reduction"])
def test_another_cell_of_one_type_reaches_no_cell_of_the_other(
    search, cell_type
):
    before = sampled(4)
    after = {**before, cell_type: sampled(5)[cell_type]}

    pairs = zip(
        search.net.cell_types,
        moved_places(search, before),
        moved_places(search, after),
        strict=True,
    )

    changed = [(kind, first != second) for kind, first, second in pairs]
    assert changed == [
        (kind, kind == cell_type) for kind in search.net.cell_types
    ]


def test_reductions_stand_at_a_third_and_two_thirds(search):
    assert search.net.cell_types == [
        "normal",
        "reduction",
        "normal",
        "reduction",
        "normal",
    ]
    assert [cell.channels for cell in search.net.cells] == [4, 8, 8, 16, 16]


def test_one_trace_serves_all_architectures_and_batch_sizes(search):
    logits = []
    for seed in range(4):
        images, weights = batch(2 + seed % 2)
        logits.append(search.step(images, weights, sampled(seed))[0].numpy())

    assert search.num_traces == 1
    # Each call ran the architecture that it was handed.
    assert not np.allclose(logits[0], logits[2], atol=1e-3)
    assert not np.allclose(logits[1], logits[3], atol=1e-3)


def test_a_step_gives_the_same_result_when_repeated(search):
    first, _ = search.step(*batch(2), sampled(6))
    search.step(*batch(2), sampled(7))
    again, _ = search.step(*batch(2), sampled(6))

    np.testing.assert_allclose(first, again, rtol=1e-5, atol=1e-6)


@pytest.fixture
def scaled_tanh(monkeypatch):
    """The name of an operation of this test alone, with one weight."""
    known = operation._OPERATIONS
    monkeypatch.setattr(known, "_known", {**known._known})
    name = "scaled_tanh_of_supernet_test"

    @operation.operation(name)
    def stages(channels, stride):
        def forward(x, scale):
            return tf.tanh(x[:, ::stride, ::stride] * scale)

        return [ops.Stage(forward, ((1, 1, 1, channels),))]

    return name


@pytest.mark.parametrize("stride", [1, 2])
def test_a_new_operation_has_the_gradient_of_its_formula(scaled_tanh, stride):
    space = convolutional.convolutional(1, ("skip_connect", scaled_tanh))
    cell = SharedCell(space, planned(CHANNELS, halves=stride == 2))
    rng = np.random.default_rng(0)
    inputs = [
        tf.constant(rng.normal(size=[2, 6, 6, CHANNELS]), tf.float32)
        for _ in range(2)
    ]
    chosen = cell_of([[0, 1]], [1, 1])
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = cell(inputs, sampled=chosen)
        loss = tf.reduce_sum(tf.sin(y))
    found_kernel, *found_inputs = tape.gradient(loss, [cell.kernel, *inputs])

    kernel = cell.kernel.numpy()
    expected_y, tanhs, scales = 0, [], []
    for edge, x in enumerate(inputs):
        start, end = cell.slices[edge, 1]
        assert end - start == CHANNELS
        scales.append(kernel[start:end])
        tanhs.append(np.tanh(x[:, ::stride, ::stride].numpy() * scales[-1]))
        expected_y += tanhs[-1]
    expected_kernel = np.zeros_like(kernel)
    assert_close(y.numpy(), expected_y)
    for edge, x in enumerate(inputs):
        x = x.numpy()
        d = np.cos(expected_y) * (1 - tanhs[edge] ** 2)
        expected_x = np.zeros_like(x)
        expected_x[:, ::stride, ::stride] = d * scales[edge]
        assert_close(found_inputs[edge].numpy(), expected_x)
        start, end = cell.slices[edge, 1]
        expected_kernel[start:end] = np.sum(
            d * x[:, ::stride, ::stride], (0, 1, 2)
        )
    assert_close(found_kernel.numpy(), expected_kernel)


def test_a_new_operation_works_in_a_whole_supernet(scaled_tanh):
    space = convolutional.convolutional(2, ("sep_conv_3x3", scaled_tanh))
    architecture = {
        "normal": cell_of([[0, 1], [0, 2]], [1, 0, 1, 1]),
        "reduction": cell_of([[0, 1], [1, 2]], [0, 1, 1, 1]),
    }

    # One normal cell and two that reduce.
    assert_equals_derived_network(Search(space, 3), architecture)


def test_each_weight_starts_in_the_interval_of_its_own_fan_in():
    cell = SharedCell(SPACE, planned(64))
    kernel = cell.kernel.numpy()

    for (edge, op), (start, end) in cell.slices.items():
        for shape in ops.weight_shapes(ops.stages(SPACE.ops[op], 64, 1)):
            values = kernel[start : start + int(np.prod(shape))]
            start += values.size
            limit = FanIn.limit(shape)
            assert 0.9 * limit < np.abs(values).max() <= limit, (edge, op)
            assert abs(values.mean()) < 0.15 * limit
        assert start == end


def test_a_cell_without_weights():
    space = convolutional.convolutional(ops=("max_pool_3x3",))
    cell = SharedCell(space, planned(4, halves=True))
    assert cell.kernel.shape == (0,)


def test_xla_compiles_a_step_that_chooses_operations():
    """As TPUs want it. Of max_pool_3x3 it has no deterministic gradient."""
    space = convolutional.convolutional(
        2, ("avg_pool_3x3", "skip_connect", "sep_conv_3x3")
    )
    network = schema.Network(cells=3, channels=2)
    supernet = cell_network.supernet(space, network, 3, NUM_CLASSES)
    first = sampled(0, space)
    supernet.make_weights((8, 8, 3), first)
    images = tf.random.stateless_normal([4, 8, 8, 3], [0, 0])

    def step(architecture):
        with tf.GradientTape() as tape:
            logits = supernet(images, architecture=architecture, training=True)
            loss = tf.reduce_sum(tf.nn.log_softmax(logits)[:, 0])
        return [logits, *tape.gradient(loss, supernet.trainable_variables)]

    compiled = tf.function(step, jit_compile=True)
    plain = tf.function(step)
    for architecture in (first, sampled(1, space)):
        found, expected = compiled(architecture), plain(architecture)
        assert len(found) == 16
        for one, other in zip(found, expected, strict=True):
            one, other = map(tf.convert_to_tensor, (one, other))
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
    assert compiled.experimental_get_tracing_count() == 1
