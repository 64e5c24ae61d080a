"""Sums, means and parts over the replicas of a tf.distribute strategy.

Sums and means stop gradients: otherwise, TensorFlow would search the whole
graph so far, for each of them, for variables to differentiate by.
"""

from __future__ import annotations

from ednas_tf.lazy import tf


def count() -> int:
    """The number of replicas of the current strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def total(tensors):
    """Sums a structure of tensors over all replicas, in each of them."""
    return _reduce(tf.distribute.ReduceOp.SUM, tensors)


def mean(tensors):
    """Averages a structure of tensors over all replicas, in each of them."""
    return _reduce(tf.distribute.ReduceOp.MEAN, tensors)


def share(tensor: tf.Tensor, axis: int = 0) -> tf.Tensor:
    """This replica's part of a tensor that all replicas have.

    In order, the parts of all replicas make up the tensor.

    Args:
      tensor: a tensor of static shape, which the replicas divide evenly.
      axis: the axis along which it is divided.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return tensor
    sizes, begin = list(tensor.shape), [0] * tensor.shape.rank
    sizes[axis] //= context.num_replicas_in_sync
    begin[axis] = sizes[axis] * context.replica_id_in_sync_group
    return tf.slice(tensor, begin, sizes)


def _reduce(how, tensors):
    context = tf.distribute.get_replica_context()
    # Outside of a replica, such as when weights are created, there is one copy.
    if context is None or context.num_replicas_in_sync == 1:
        return tensors
    tensors = tf.nest.map_structure(tf.stop_gradient, tensors)
    return context.all_reduce(how, tensors)
