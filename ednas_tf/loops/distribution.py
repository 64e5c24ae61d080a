"""The tf.distribute strategy of a run."""

import tensorflow as tf


def strategy(name: str) -> tf.distribute.Strategy:
    """Makes a strategy over the devices of this process.

    Args:
      name: "one_device": the first GPU, or else the CPU; "mirrored": all
        GPUs, or else all (logical) CPUs.
    """
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    devices = [d.name for d in tf.config.list_logical_devices(kind)]
    if name == "one_device":
        return tf.distribute.OneDeviceStrategy(devices[0])
    # The default collectives of CPUs serve one strategy a process only.
    reduction = tf.distribute.ReductionToOneDevice() if kind == "CPU" else None
    return tf.distribute.MirroredStrategy(devices, reduction)


def sum_over_replicas(tensors):
    """Sums a structure of tensors over all replicas, in each of them."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return tensors
    return context.all_reduce(tf.distribute.ReduceOp.SUM, tensors)
