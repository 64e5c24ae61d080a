"""Choosing: by number, without waiting for what is not chosen."""

import os
import pathlib
import subprocess
import sys
import threading

import numpy as np
import pytest
import tensorflow as tf

import ednas_tf
from ednas_tf.nets import switching

PROGRAM = """
import os
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])

import tensorflow as tf
from ednas_tf.nets import architectures, cell_network
from ednas_tf.settings import schema
from ednas_tf.space import convolutional
from ednas_tf.space import cell_space

space = convolutional.convolutional(1)
network = schema.Network(cells=3, channels=2)
supernet = cell_network.supernet(space, network, 3, 10)
print(supernet(tf.zeros([2, 8, 8, 3]), architectures.first(space)).shape)
"""

STATES = [tf.constant([10.0 * i, 1.0]) for i in range(3)]


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


@pytest.mark.parametrize("index", range(3))
def test_pick(index):
    picked = tf.function(switching.pick)(tf.constant(index), STATES)
    np.testing.assert_array_equal(picked, STATES[index])


@pytest.mark.parametrize("index", range(3))
def test_add(index):
    value = tf.constant([-1.0, -2.0])
    added = tf.function(switching.add)(tf.constant(index), value, STATES)
    expected = list(STATES)
    expected[index] += value
    for one, other in zip(added, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def waits(choose):
    """Whether choose(0, state) waits for a state that it does not choose.

    Args:
      choose: (tensor 0, the late state) -> what does not need that state.
    """
    chosen = threading.Event()
    in_time = []

    def late(x):
        in_time.append(chosen.wait(timeout=5.0))
        return x

    def tell(x):
        chosen.set()
        return x

    @tf.function
    def run(index):
        x = tf.numpy_function(late, [STATES[1]], tf.float32, stateful=False)
        y = choose(index, x)
        return x, tf.numpy_function(tell, [y], tf.float32, stateful=False)

    run(tf.constant(0))
    return in_time != [True]


def test_a_state_that_is_not_picked_is_not_waited_for():
    assert not waits(
        lambda index, late: switching.pick(index, [STATES[0], late])
    )


def test_a_state_that_is_added_to_waits_for_no_other():
    def choose(index, late):
        return switching.add(index, STATES[2], [STATES[0], late])[0]

    assert not waits(choose)


def test_the_test_knows_what_waits():
    assert waits(lambda index, late: tf.stack([STATES[0], late])[index])
