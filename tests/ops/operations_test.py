import math

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors, ops
from ednas_tf.nets.initializer import FanIn
from ednas_tf.nets.operation_layer import OperationLayer
from ednas_tf.ops import convolution, operation

CHANNELS = 6


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def run_stage(stage, x, *weights):
    return stage.forward(tf.constant(x), *map(tf.constant, weights)).numpy()


def test_the_seven_operations_of_the_paper_are_registered():
    assert set(ops.names()) >= {
        "max_pool_3x3",
        "avg_pool_3x3",
        "skip_connect",
        "sep_conv_3x3",
        "sep_conv_5x5",
        "dil_conv_3x3",
        "dil_conv_5x5",
    }
    assert list(ops.names()) == sorted(ops.names())


def test_operations_of_nasnet_and_amoebanet_are_registered():
    assert {"sep_conv_7x7", "conv_7x1_1x7"} <= set(ops.names())


@pytest.mark.parametrize("size", [8, 7])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", ops.names())
def test_output_has_the_input_size_over_the_stride_rounded_up(
    name, stride, size
):
    layer = OperationLayer(ops.stages(name, CHANNELS, stride))

    y = layer(tf.constant(random(2, size, size, CHANNELS)))

    expected = math.ceil(size / stride)
    assert y.shape == (2, expected, expected, CHANNELS)


SHAPES = {
    ("sep_conv_3x3", 1): [(3, 3, 6, 1), (1, 1, 6, 6)] * 2,
    ("sep_conv_3x3", 2): [(3, 3, 6, 1), (1, 1, 6, 6)] * 2,
    ("sep_conv_5x5", 1): [(5, 5, 6, 1), (1, 1, 6, 6)] * 2,
    ("sep_conv_7x7", 2): [(7, 7, 6, 1), (1, 1, 6, 6)] * 2,
    ("conv_7x1_1x7", 1): [(1, 7, 6, 6), (7, 1, 6, 6)],
    ("conv_7x1_1x7", 2): [(1, 7, 6, 6), (7, 1, 6, 6)],
    ("dil_conv_3x3", 1): [(3, 3, 6, 1), (1, 1, 6, 6)],
    ("dil_conv_5x5", 2): [(5, 5, 6, 1), (1, 1, 6, 6)],
    ("skip_connect", 1): [],
    ("skip_connect", 2): [(1, 1, 6, 3), (1, 1, 6, 3)],
    ("max_pool_3x3", 2): [],
    ("avg_pool_3x3", 1): [],
}


@pytest.mark.parametrize(("name", "stride"), SHAPES)
def test_weights_have_the_shapes_of_the_paper(name, stride):
    stages = ops.stages(name, CHANNELS, stride)

    assert ops.weight_shapes(stages) == SHAPES[name, stride]


def test_a_factorized_reduction_splits_odd_channels_without_loss():
    stages = ops.identity.factorized_reduction(4, 7)

    assert ops.weight_shapes(stages) == [(1, 1, 4, 3), (1, 1, 4, 4)]


@pytest.mark.parametrize(
    ("name", "norms"),
    [
        ("sep_conv_5x5", 2),
        ("sep_conv_7x7", 2),
        ("dil_conv_3x3", 1),
        ("conv_7x1_1x7", 1),
        ("skip_connect", 0),
    ],
)
def test_a_derived_operation_normalises_as_often_as_its_convolutions(
    name, norms
):
    layer = OperationLayer(ops.stages(name, CHANNELS, 1))
    layer(tf.zeros([1, 4, 4, CHANNELS]))

    # A scale and an offset per norm, beside the convolutions' kernels.
    vectors = [v for v in layer.trainable_variables if len(v.shape) == 1]
    assert [tuple(v.shape) for v in vectors] == [(CHANNELS,)] * 2 * norms


@pytest.mark.parametrize("name", ["max_pool_3x3", "avg_pool_3x3"])
def test_pooling_is_normalised_in_the_search_only(name):
    x = tf.constant(3 + 2 * random(4, 6, 6, CHANNELS))
    stages = ops.stages(name, CHANNELS, 1)

    searched = OperationLayer(stages, for_search=True)(x).numpy()
    derived = OperationLayer(stages)(x).numpy()

    axes = (0, 1, 2)
    np.testing.assert_allclose(searched.mean(axes), 0, atol=1e-4)
    np.testing.assert_allclose(searched.std(axes), 1, atol=1e-3)
    np.testing.assert_allclose(
        derived, run_stage(stages[0], x), rtol=1e-6, atol=0
    )


@pytest.mark.parametrize("size", [8, 7])
@pytest.mark.parametrize("stride", [1, 2])
def test_average_pooling_keeps_a_constant_image(stride, size):
    (stage, _) = ops.stages("avg_pool_3x3", 2, stride)

    y = run_stage(stage, np.full([1, size, size, 2], 5, np.float32))

    np.testing.assert_allclose(y, 5, rtol=1e-6)


def test_average_pooling_divides_a_corner_by_four():
    (stage, _) = ops.stages("avg_pool_3x3", 1, 1)
    x = np.arange(1, 10, dtype=np.float32).reshape(1, 3, 3, 1)

    y = run_stage(stage, x)[0, :, :, 0]

    expected = [[3, 3.5, 4], [4.5, 5, 5.5], [6, 6.5, 7]]
    np.testing.assert_allclose(y, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("stride", "expected"),
    [
        (1, [[-5, -2, -2], [-4, -2, -2], [-4, -4, -5]]),
        (2, [[-5, -2], [-4, -5]]),
    ],
)
def test_max_pooling_takes_the_largest_of_nine_and_no_padding(stride, expected):
    (stage, _) = ops.stages("max_pool_3x3", 1, stride)
    image = [[-9, -8, -2], [-7, -5, -6], [-4, -9, -8]]

    y = run_stage(stage, np.array(image, np.float32).reshape(1, 3, 3, 1))

    np.testing.assert_array_equal(y[0, :, :, 0], expected)


@pytest.mark.parametrize("size", [8, 7])
@pytest.mark.parametrize("kernel_size", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_dilated_convolution_equals_a_loop_over_its_taps(
    stride, kernel_size, size
):
    stages = ops.stages(f"dil_conv_{kernel_size}x{kernel_size}", 3, stride)
    x = random(2, size, size, 3)
    kernel = random(kernel_size, kernel_size, 3, 1, seed=1)

    # With stride 2, the first stage drops every other pixel.
    y = run_stage(stages[0], x) if stride == 2 else x
    y = run_stage(stages[stride], y, kernel)

    reach = kernel_size - 1
    padded = np.pad(x, [[0, 0], [reach, reach], [reach, reach], [0, 0]])
    expected = np.zeros_like(x)
    for i in range(kernel_size):
        for j in range(kernel_size):
            rows, columns = 2 * i, 2 * j
            window = padded[:, rows : rows + size, columns : columns + size]
            expected += window * kernel[i, j, :, 0]
    np.testing.assert_allclose(
        y, expected[:, ::stride, ::stride], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("size", [8, 7])
@pytest.mark.parametrize("kernel_size", [3, 5])
def test_a_dilated_stride_of_two_drops_every_other_pixel(kernel_size, size):
    stages = ops.stages(f"dil_conv_{kernel_size}x{kernel_size}", 3, 2)
    x = random(2, size, size, 3)
    kernel = random(kernel_size, kernel_size, 3, 1, seed=1)

    y = run_stage(stages[0], x)
    y = run_stage(stages[2], y, kernel)

    whole = tf.nn.depthwise_conv2d(
        x, kernel, [1, 1, 1, 1], "SAME", dilations=[2, 2]
    )
    np.testing.assert_allclose(
        y, whole.numpy()[:, ::2, ::2], rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("height", [8, 7])
@pytest.mark.parametrize("width", [6, 5])
@pytest.mark.parametrize("kernel_size", [3, 5])
def test_dilation_and_its_gradients_equal_tensorflows(
    kernel_size, height, width
):
    x = tf.constant(random(2, height, width, 3))
    kernel = tf.constant(random(kernel_size, kernel_size, 3, 1, seed=1))
    dy = random(2, height, width, 3, seed=2)

    def results(run):
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            y = run(x, kernel)
        return y, *tape.gradient(y, [x, kernel], dy)

    found = results(convolution.dilated_depthwise)
    expected = results(
        lambda x, kernel: tf.nn.depthwise_conv2d(
            x, kernel, [1, 1, 1, 1], "SAME", dilations=[2, 2]
        )
    )
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_a_separable_convolution_halves_the_image_in_its_first_half_only():
    stages = ops.stages("sep_conv_3x3", 2, 2)
    x = random(1, 8, 8, 2)
    kernel = random(3, 3, 2, 1, seed=1)

    first = run_stage(stages[1], x, kernel)
    second = run_stage(stages[5], x, kernel)

    assert first.shape == (1, 4, 4, 2)
    assert second.shape == (1, 8, 8, 2)
    np.testing.assert_allclose(
        first,
        tf.nn.depthwise_conv2d(x, kernel, [1, 2, 2, 1], "SAME"),
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize("size", [8, 7])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_factorized_convolution_convolves_along_each_axis(stride, size):
    _, rows, columns, _ = ops.stages("conv_7x1_1x7", 3, stride)
    x = random(2, size, size, 3)
    along_rows = random(1, 7, 3, 4, seed=1)
    along_columns = random(7, 1, 4, 3, seed=2)

    between = run_stage(rows, x, along_rows)
    y = run_stage(columns, between, along_columns)

    assert between.shape == (2, size, math.ceil(size / stride), 4)
    expected = along_axis(x, along_rows[0], 2, stride)
    np.testing.assert_allclose(between, expected, rtol=1e-4, atol=1e-4)
    expected = along_axis(expected, along_columns[:, 0], 1, stride)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)


def along_axis(x, taps, axis, stride):
    """Convolves the rows or columns of images, with zeros beyond the border."""
    size = x.shape[axis]
    outputs = math.ceil(size / stride)
    padding = max((outputs - 1) * stride + len(taps) - size, 0)
    around = [[0, 0] for _ in x.shape]
    around[axis] = [padding // 2, padding - padding // 2]
    padded = np.pad(x, around)
    steps = stride * np.arange(outputs)
    return sum(
        np.take(padded, i + steps, axis) @ tap for i, tap in enumerate(taps)
    )


@pytest.mark.parametrize("size", [6, 5])
def test_a_factorized_reduction_sees_two_diagonal_pixels(size):
    _, stage, _ = ops.identity.factorized_reduction(4, 4)
    x = random(2, size, size, 4)
    eye = np.eye(4, dtype=np.float32)

    # Channels 0 and 1 come from one pixel, channels 2 and 3 from the other.
    y = run_stage(stage, x, eye[None, None, :, :2], eye[None, None, :, 2:])

    lower_right = np.pad(x, [[0, 0], [0, 1], [0, 1], [0, 0]])[:, 1::2, 1::2]
    half = math.ceil(size / 2)
    assert y.shape == (2, half, half, 4)
    np.testing.assert_array_equal(y[..., :2], x[:, 0::2, 0::2, :2])
    np.testing.assert_array_equal(y[..., 2:], lower_right[:, :half, :half, 2:])
    if size == 6:
        np.testing.assert_array_equal(y[..., 2:], x[:, 1::2, 1::2, 2:])


@pytest.mark.parametrize("size", [8, 7])
def test_a_factorized_reduction_is_two_offset_pointwise_convolutions(size):
    _, stage, _ = ops.identity.factorized_reduction(5, 7)
    x = random(2, size, size, 5)
    first, second = random(5, 3, seed=1), random(5, 4, seed=2)

    y = run_stage(stage, x, first[None, None], second[None, None])

    # The image shifted up and left by a pixel, with zeros beyond the border.
    shifted = np.pad(x, [[0, 0], [0, 1], [0, 1], [0, 0]])[:, 1:, 1:]
    expected = np.concatenate(
        [x[:, ::2, ::2] @ first, shifted[:, ::2, ::2] @ second], -1
    )
    assert expected.shape == (2, 4, 4, 7)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


def test_a_skip_connection_is_the_identity():
    x = random(2, 5, 5, CHANNELS)

    y = OperationLayer(ops.stages("skip_connect", CHANNELS, 1), True)(x)

    np.testing.assert_array_equal(y, x)


def test_an_unknown_operation_is_refused_with_the_nearest_name():
    with pytest.raises(errors.RequestError) as caught:
        ops.stages("sep_conv3x3", CHANNELS, 1)

    assert str(caught.value).startswith(
        "unknown operation 'sep_conv3x3', did you mean 'sep_conv_3x3'? "
        "(one of: avg_pool_3x3, "
    )


def test_a_name_far_from_all_operations_is_refused_without_a_guess():
    with pytest.raises(errors.RequestError) as caught:
        ops.stages("transformer", CHANNELS, 1)

    assert "did you mean" not in str(caught.value)
    assert "skip_connect" in str(caught.value)


def test_an_operation_cannot_be_defined_twice():
    with pytest.raises(ValueError, match="'skip_connect' is defined twice"):
        operation.operation("skip_connect")(lambda channels, stride: [])


@pytest.mark.parametrize(
    ("shape", "fan_in"),
    [
        ((5, 5, 40, 1), 25),
        ((1, 1, 40, 40), 40),
        ((3, 3, 4, 32), 36),
        ((64, 10), 64),
        ((64, 1), 64),
        ((2000,), 2000),
        # With one output channel, a 1 x 1 kernel is not depthwise.
        ((1, 1, 400, 1), 400),
        ((3, 3, 40, 1), 9),
    ],
)
def test_fan_in_fills_an_interval_of_one_over_the_root_of_the_inputs(
    shape, fan_in
):
    value = np.abs(FanIn(seed=3)(shape, "float32"))

    limit = fan_in**-0.5
    assert 0.95 * limit < value.max() <= limit
    np.testing.assert_allclose(value.mean(), limit / 2, rtol=0.1)
