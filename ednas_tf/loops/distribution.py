"""The tf.distribute strategy of a run."""

import tensorflow as tf

from ednas_tf.settings import schema


def set_up(runtime: schema.Runtime) -> tf.distribute.Strategy:
    """Readies this process for a run, before it computes anything.

    Deterministic operations cannot be turned off again.
    """
    if runtime.deterministic:
        tf.config.experimental.enable_op_determinism()
    return strategy(runtime.distribution_strategy)


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
