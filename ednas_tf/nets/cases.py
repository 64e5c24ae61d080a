"""Choosing among compiled functions by `StatelessCase`.

tf.function leaves the op whole (tf.switch_case is lowered, and copies every
branch into the graph), so that what is not chosen is neither built nor run.
"""

import functools
import os

import tensorflow as tf

# A function that a Case starts within another waits for a thread of the pool
# that the outer one holds: with a single thread, for ever. TensorFlow takes
# one on a single core, and looks here when it first computes something.
_CORES = (
    len(os.sched_getaffinity(0))
    if hasattr(os, "sched_getaffinity")
    else os.cpu_count()
)
if int(os.environ.get("TF_NUM_INTEROP_THREADS") or _CORES) == 1:
    os.environ["TF_NUM_INTEROP_THREADS"] = "2"


def case(index, inputs, branches, num_outputs) -> list[tf.Tensor]:
    """Runs the concrete function `branches[index]` on `inputs`.

    Its own gradient is of no use here: call it within a custom gradient, on
    inputs whose gradient is stopped.
    """
    return tf.raw_ops.StatelessCase(
        branch_index=index,
        input=inputs,
        Tout=[tf.float32] * num_outputs,
        branches=branches,
        output_shapes=[],
    )


def trace(body, *specs, optimized=True):
    """Traces body(*tensors) outside of whatever is being traced.

    On no device: it is one function for all replicas.
    """
    with tf.init_scope(), tf.device(None):
        function = tf.function(body, autograph=False)
        if optimized:
            # A Case's branch itself gets no graph optimizer and no oneDNN
            # kernels; a function that it calls gets both.
            inner = function
            function = tf.function(lambda *t: inner(*t), autograph=False)
        return function.get_concrete_function(*specs)


@functools.cache
def pick(index: int, count: int, channels: int):
    """The concrete function (h_0, ... h_count-1) -> h_index."""

    def body(*states):
        return [tf.identity(states[index])]

    image = tf.TensorSpec([None, None, None, channels], tf.float32)
    return trace(body, *[image] * count, optimized=False)


@functools.cache
def replace(index: int, count: int, channels: int):
    """The concrete function (d, g_0, ...) -> g, with d instead of g_index."""

    def body(d, *gradients):
        return [
            tf.identity(d if i == index else g) for i, g in enumerate(gradients)
        ]

    image = tf.TensorSpec([None, None, None, channels], tf.float32)
    return trace(body, *[image] * (count + 1), optimized=False)
