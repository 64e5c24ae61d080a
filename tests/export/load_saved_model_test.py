"""Loads an export with TensorFlow Serving's loader, in a C program."""

import pathlib
import shutil
import subprocess

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

PROGRAM = pathlib.Path(__file__).with_name("load_saved_model.c")
LIBRARIES = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The compiled program, linked to the libraries of TensorFlow's wheel."""
    if not shutil.which("gcc"):
        pytest.skip("gcc is missing, which compiles the C program")
    wheel = tf.sysconfig.get_lib()
    built = tmp_path_factory.mktemp("c") / "load_saved_model"
    subprocess.run(
        [
            *("gcc", "-Wall", "-Werror", "-o", built, PROGRAM),
            *("-I", tf.sysconfig.get_include(), "-L", wheel),
            *(f"-l:{name}" for name in LIBRARIES),
            f"-Wl,-rpath,{wheel}",
        ],
        check=True,
    )
    return built


@pytest.mark.parametrize("batch_size", [1, 5])
def test_the_c_program_gives_the_networks_probabilities(
    exported, found, program, batch_size
):
    raw = found.task.data.test.images[:batch_size]
    signature = signatures(exported)["serving_default"]
    input_name, _ = signature.inputs["images"].name.split(":")
    output_name, index = signature.outputs["probabilities"].name.split(":")
    done = subprocess.run(
        [program, exported, input_name, output_name, index]
        + [str(size) for size in raw.shape],
        input=raw.tobytes(),
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr

    data = found.task.data
    images = ((raw / 255 - data.mean) / data.stddev).astype(np.float32)
    expected = tf.nn.softmax(found.network(images)).numpy()
    probabilities = np.reshape(list(map(float, done.stdout.split())), (-1, 10))
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)


def signatures(saved_model):
    content = (saved_model / "saved_model.pb").read_bytes()
    parsed = saved_model_pb2.SavedModel.FromString(content)
    return parsed.meta_graphs[0].signature_def
