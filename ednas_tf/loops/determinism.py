"""Two runs that are equal bit for bit."""

import functools

import tensorflow as tf
from tensorflow.python.ops import gen_math_ops


@functools.cache
def enable() -> None:
    """Makes what this process computes from now on the same in every run.

    TensorFlow's own switch leaves one thing to chance: AddN, which sums the
    gradients of a tensor that is read in several places, begins with the
    input whose memory is free to be written over, thus with another one when
    its inputs were computed in another order. Sums of two do not depend on
    it, so that sums of more are made of them, and the rewriting of graphs
    that would put them together again is off.

    There is no way back.
    """
    tf.config.experimental.enable_op_determinism()
    tf.config.optimizer.set_experimental_options(
        {"arithmetic_optimization": False}
    )
    # No setting reaches the sums of a gradient, least of all those in the
    # branches and loops of a graph.
    gen_math_ops.add_n = functools.partial(_add_in_order, gen_math_ops.add_n)


def _add_in_order(add_n, inputs, name=None):
    inputs = list(inputs)
    total = inputs.pop(0)
    while len(inputs) > 1:
        total = add_n([total, inputs.pop(0)])
    return add_n([total, *inputs], name=name)
