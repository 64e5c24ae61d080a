"""The tf.distribute strategy of a run."""

import os

import tensorflow as tf


def strategy(name: str) -> tf.distribute.Strategy:
    """Makes a strategy over the devices of this process.

    Args:
      name: "one_device": the first GPU, or else the CPU; "mirrored": all
        GPUs, or else all (logical) CPUs.
    """
    _allow_nested_functions()
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    devices = [d.name for d in tf.config.list_logical_devices(kind)]
    if name == "one_device":
        return tf.distribute.OneDeviceStrategy(devices[0])
    # The default collectives of CPUs serve one strategy a process only.
    reduction = tf.distribute.ReductionToOneDevice() if kind == "CPU" else None
    return tf.distribute.MirroredStrategy(devices, reduction)


def _allow_nested_functions():
    """Gives TensorFlow a second thread where it would take one.

    A function that a Case starts within another waits for a thread of the
    pool that the outer one holds: with a single one, for ever.
    """
    asked = int(os.environ.get("TF_NUM_INTEROP_THREADS") or 0)
    if (asked or len(os.sched_getaffinity(0))) == 1:
        tf.config.threading.set_inter_op_parallelism_threads(2)
