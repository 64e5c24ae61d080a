"""Functions within functions need a second thread."""

import os
import pathlib
import subprocess
import sys

import ednas_tf

PROGRAM = """
import os
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])

import tensorflow as tf
from ednas_tf.nets import cell_network, selection
from ednas_tf.settings import schema
from ednas_tf.space import cell_space

space = cell_space.convolutional_space(1)
network = schema.Network(cells=3, channels=2)
supernet = cell_network.supernet(space, network, 3, 10)
print(supernet(tf.zeros([2, 8, 8, 3]), selection.first(space)).shape)
"""


def test_a_supernet_runs_on_a_single_core():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        cwd=pathlib.Path(ednas_tf.__file__).parents[1],
        capture_output=True,
        check=True,
        text=True,
        timeout=100,
    )
    assert done.stdout == "(2, 10)\n"
