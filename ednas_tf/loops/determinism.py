"""Makes two runs of the same command equal bit for bit."""

import functools

import tensorflow as tf
from tensorflow.python.ops import gen_math_ops


@functools.cache
def enable() -> None:
    """Makes this process compute the same in every run, from now on.

    TensorFlow's own switch leaves one thing to chance: AddN, which adds up the
    gradients of a tensor that is read in several places. It begins with an
    input whose memory it may overwrite, which is another one if the inputs were
    computed in another order; and another order gives another rounding. The sum
    of two tensors does not depend on their order. So longer sums are made of
    sums of two, and the optimization of graphs that would merge these into one
    AddN is turned off.

    It cannot be undone.
    """
    tf.config.experimental.enable_op_determinism()
    tf.config.optimizer.set_experimental_options(
        {"arithmetic_optimization": False}
    )
    # No setting of TensorFlow's changes the sums in a gradient, which are also
    # in the branches and loops of a graph: so the function is replaced.
    gen_math_ops.add_n = functools.partial(_add_in_order, gen_math_ops.add_n)


def _add_in_order(add_n, inputs, name=None):
    inputs = list(inputs)
    total = inputs.pop(0)
    while len(inputs) > 1:
        total = add_n([total, inputs.pop(0)])
    return add_n([total, *inputs], name=name)
