"""Choosing among computations within one compiled step.

There are two ways, one to run operations and one to route tensors:

                            case                     pick, add
    TensorFlow op           StatelessCase            tf.switch_case
    its branches            concrete functions       no operation, or one
    those not chosen        are not in the graph     are copied into the graph
    a call starts when      all inputs are there     what it reads is there
    cost of a call          40 to 80 microseconds    next to nothing

Each would be the wrong one for the other purpose (times are those of a step of
the supernet over a step of a network built for the same architecture):

- If tf.switch_case ran the operations, TensorFlow would copy some thousand
  branches into the graph: the first step came after 120 seconds instead of 9,
  and a step took 1.35 times the network's own instead of 1.17.
- If StatelessCase chose the states, every node would wait for all nodes before
  it, also for those that it does not read, and fewer operations would run side
  by side: 1.25 instead of 1.13 to 1.20.
"""

import functools
import os

import tensorflow as tf

# Each branch of a Case calls another function (see `trace`). The branch holds a
# thread of TensorFlow's pool while the function that it calls waits for one. On
# a single core TensorFlow makes a pool of one thread, which would wait forever.
# TensorFlow reads the variable when it first computes something.
_CORES = (
    len(os.sched_getaffinity(0))
    if hasattr(os, "sched_getaffinity")
    else os.cpu_count()
)
if int(os.environ.get("TF_NUM_INTEROP_THREADS") or _CORES) == 1:
    os.environ["TF_NUM_INTEROP_THREADS"] = "2"


def case(index, inputs, branches, num_outputs) -> list[tf.Tensor]:
    """Runs the concrete function `branches[index]` on `inputs`.

    TensorFlow's gradient of it must not be used: it would trace the gradients
    of all branches, once for each call. Call it in a custom gradient, on inputs
    whose gradient is stopped.

    Args:
      index: int32, a scalar.
      inputs: tensors; all branches take inputs of these types.
      branches: concrete functions, which return `num_outputs` float32 tensors
        each. The shapes of the outputs may differ between branches, and are
        therefore unknown.
      num_outputs: number of outputs of each branch.
    """
    return tf.raw_ops.StatelessCase(
        branch_index=index,
        input=inputs,
        Tout=[tf.float32] * num_outputs,
        branches=branches,
        output_shapes=[],
    )


def trace(body, *specs, optimized=True):
    """Traces `body` into a concrete function.

    It does so outside of whatever is being traced, and on no device, so that
    all cells and all replicas can share the function.

    Args:
      body: function of tensors.
      *specs: a `tf.TensorSpec` for each argument of `body`.
      optimized: whether the function is for `case`. Functions that are copied
        into a graph are optimised there, and do without the inner call.
    """
    with tf.init_scope(), tf.device(None):
        function = tf.function(body, autograph=False)
        if optimized:
            # TensorFlow leaves the body of a branch as it is, but optimises
            # functions that the body calls, and gives them oneDNN's kernels.
            # Where it was measured, the ratio above was 1.3 with this call, and
            # 1.76 without.
            inner = function
            function = tf.function(lambda *t: inner(*t), autograph=False)
        return function.get_concrete_function(*specs)


def pick(index, states: list[tf.Tensor]) -> tf.Tensor:
    """Returns `states[index]` without waiting for the other states."""
    return tf.switch_case(index, [lambda x=x: x for x in states])


def add(index, value, states: list[tf.Tensor]) -> list[tf.Tensor]:
    """Returns `states` with `value` added to `states[index]`.

    The other states pass through, and wait neither for `value` nor for each
    other. This is the gradient of `pick`.
    """

    def added(i):
        return [*states[:i], states[i] + value, *states[i + 1 :]]

    return tf.switch_case(
        index, [functools.partial(added, i) for i in range(len(states))]
    )
