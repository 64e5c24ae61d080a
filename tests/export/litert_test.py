import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from ednas_tf.export import litert


@pytest.fixture(scope="module")
def folder(found, tmp_path_factory):
    """The folder with all files."""
    written = tmp_path_factory.mktemp("litert")
    litert.write(found.network, found.task.data, 0, written)
    return written


@pytest.fixture(params=["model.tflite", "model_int8.tflite"])
def model(request, folder):
    return Interpreter(str(folder / request.param))


def test_inputs_and_outputs(model):
    ((name, signature),) = model.get_signature_list().items()
    assert name == "serving_default"
    assert signature == {"inputs": ["images"], "outputs": ["probabilities"]}
    (images,) = model.get_input_details()
    assert images["dtype"] == np.uint8
    assert images["shape_signature"].tolist() == [-1, 8, 8, 1]


def test_the_file_for_one_image_has_no_open_dimension(folder, found):
    """LiteRT.js refuses a network with a dimension of -1."""
    one, any_number = (
        Interpreter(str(folder / name))
        for name in (litert.SINGLE_FILE, litert.FLOAT_FILE)
    )
    for details in one.get_tensor_details():
        assert -1 not in details["shape_signature"], details["name"]
    (given,) = one.get_input_details()
    assert given["shape"].tolist() == [1, 8, 8, 1]
    assert one.get_signature_list() == any_number.get_signature_list()
    image = found.task.data.test.images[:1]
    first, second = (
        model.get_signature_runner()(images=image)["probabilities"]
        for model in (one, any_number)
    )
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_the_integer_model_uses_8_bits_throughout(folder):
    model = Interpreter(str(folder / "model_int8.tflite"))
    (images,), (returned,) = (
        model.get_input_details(),
        model.get_output_details(),
    )
    # Pixels are used unchanged; probabilities have steps of 1/256.
    assert images["quantization"] == (1.0, 0)
    assert returned["quantization"] == (1 / 256, 0)
    types = {details["dtype"] for details in model.get_tensor_details()}
    # The int32 tensors are biases and shapes.
    assert types <= {np.int8, np.uint8, np.int32}


def test_a_batch_of_images(model, found):
    images = found.task.data.test.images[:3]
    index = model.get_input_details()[0]["index"]
    model.resize_tensor_input(index, images.shape)
    model.allocate_tensors()
    model.set_tensor(index, images)
    model.invoke()
    returned = model.get_output_details()[0]
    values = model.get_tensor(returned["index"])
    assert values.shape == (3, 10)
    scale = returned["quantization"][0] or 1.0
    np.testing.assert_allclose(values.sum(-1) * scale, 1, atol=0.03)


def test_sums_of_two_replace_add_n():
    @tf.function(input_signature=[tf.TensorSpec([None, 2], name="images")])
    def summed(images):
        total = tf.add_n([images, 2 * images, images * images])
        return {"probabilities": tf.add_n([total])}

    traced = summed.get_concrete_function()
    rewritten = litert._without_add_n(traced)
    kinds = [node.op for node in rewritten.graph.as_graph_def().node]
    assert "AddN" not in kinds and kinds.count("AddV2") == 2
    found = rewritten(tf.constant([[1.0, 3.0]]))["probabilities"]
    np.testing.assert_array_equal(found, [[4.0, 18.0]])


def test_a_file_with_gradients_of_its_own_keeps_its_signature():
    @tf.custom_gradient
    def relu(x):
        y = tf.nn.relu(x)
        return y, lambda dy: dy * tf.sign(y)

    @tf.function(input_signature=[tf.TensorSpec([None, 2], name="images")])
    def doubled(images):
        return {"probabilities": relu(images + 1) * 2}

    traced = doubled.get_concrete_function()
    content = litert._converter(litert._without_add_n(traced)).convert()
    found = Interpreter(model_content=content).get_signature_list()
    assert found == {
        "serving_default": {"inputs": ["images"], "outputs": ["probabilities"]}
    }


def test_a_padded_and_concatenated_kernel_becomes_a_constant():
    # For kernels of this size, the converter does not fold the operations.
    upper, lower = np.ones([2, 1, 1, 64, 16], np.float32)

    def call(images):
        kernel = tf.concat(
            [
                tf.pad(upper, [[0, 1], [0, 1], [0, 0], [0, 0]]),
                tf.pad(lower, [[1, 0], [1, 0], [0, 0], [0, 0]]),
            ],
            -1,
        )
        return {"y": tf.nn.conv2d(images, kernel, 2, "SAME")}

    spec = tf.TensorSpec([1, 4, 4, 64], tf.float32, "images")
    traced = tf.function(call, [spec]).get_concrete_function()
    graph = traced.graph.as_graph_def()
    litert._fold_kernels(graph)

    folded = {node.name: node for node in graph.node}
    kernel = tf.make_ndarray(folded["concat"].attr["value"].tensor)
    assert kernel.shape == (2, 2, 64, 32)
    np.testing.assert_array_equal(kernel[0, 0, 0], [1] * 16 + [0] * 16)
    np.testing.assert_array_equal(kernel[1, 1, 0], [0] * 16 + [1] * 16)
    assert kernel.sum() == 64 * 32
    assert not {"Pad", "ConcatV2"} & {node.op for node in graph.node}
