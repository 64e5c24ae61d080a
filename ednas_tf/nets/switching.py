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


def pick(index, states: list[tf.Tensor]) -> tf.Tensor:
    """`states[index]`.

    Unlike `case`, it waits for no other state: TensorFlow copies the branches
    of a `tf.switch_case` into the graph, at little cost as they are empty.
    """
    return tf.switch_case(index, [lambda x=x: x for x in states])


def add(index, value, states: list[tf.Tensor]) -> list[tf.Tensor]:
    """`states` with `value` added to `states[index]`.

    As `pick`, each waits for no other.
    """

    def added(i):
        return [*states[:i], states[i] + value, *states[i + 1 :]]

    return tf.switch_case(
        index, [functools.partial(added, i) for i in range(len(states))]
    )
