"""What a run is computed on: devices, cores and memory."""

import dataclasses
import os
import pathlib

import tensorflow as tf

_CGROUP_LIMIT = pathlib.Path("/sys/fs/cgroup/memory.max")


@dataclasses.dataclass(frozen=True)
class Machine:
    """The devices that share a batch.

    Attributes:
      kind: "CPU" or "GPU".
      devices: so many; 1 for all cores.
      cores: of the CPU.
      memory: bytes, of one device.
    """

    kind: str
    devices: int
    cores: int
    memory: int

    def __str__(self) -> str:
        gib = f"{self.memory / 2**30:.0f} GiB"
        if self.kind == "CPU":
            return f"{self.cores} cores, {gib}"
        return f"{self.devices} GPU{'s' * (self.devices > 1)} of {gib}"


def here(one_device: bool) -> Machine:
    """This machine.

    Args:
      one_device: whether a run uses one GPU, however many there are.
    """
    cores = len(os.sched_getaffinity(0))
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        devices = 1 if one_device else len(gpus)
        return Machine("GPU", devices, cores, _gpu_memory())
    return Machine("CPU", 1, cores, _memory())


def _memory():
    """Of the machine, or what this process may use of it."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        return min(memory, int(_CGROUP_LIMIT.read_text()))
    except (OSError, ValueError):
        return memory


def _gpu_memory():
    """What TensorFlow may use of the smallest GPU."""
    # No public function tells it; this one starts the GPUs.
    from tensorflow.python.client import device_lib

    return min(
        device.memory_limit
        for device in device_lib.list_local_devices()
        if device.device_type == "GPU"
    )
