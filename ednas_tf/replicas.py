"""Sums, means and parts over the replicas of a tf.distribute strategy.

Sums and means pass no gradient on: TensorFlow would look, for each of them,
through all of the graph so far for variables to differentiate by.
"""

from __future__ import annotations

from ednas_tf.lazy import tf


def count() -> int:
    """Replicas of the strategy in whose scope, or replica, this is called."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def total(tensors):
    """Sums a structure of tensors over all replicas, in each of them."""
    return _reduce(tf.distribute.ReduceOp.SUM, tensors)


def mean(tensors):
    """Averages a structure of tensors over all replicas, in each of them."""
    return _reduce(tf.distribute.ReduceOp.MEAN, tensors)


def share(tensor: tf.Tensor, axis: int = 0) -> tf.Tensor:
    """This replica's part of a tensor that all have; in order they make it up.

    Args:
      tensor: of a known shape, which the replicas divide evenly.
      axis: along which it is parted.
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
    # Outside of a replica, as when weights are made, there is one copy only.
    if context is None or context.num_replicas_in_sync == 1:
        return tensors
    tensors = tf.nest.map_structure(tf.stop_gradient, tensors)
    return context.all_reduce(how, tensors)
