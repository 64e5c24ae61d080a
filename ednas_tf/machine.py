"""The hardware of a run: devices, cores and memory."""

import dataclasses
import math
import os
import pathlib
import subprocess

from ednas_tf import cluster, errors
from ednas_tf.lazy import tf

_HAS_GPU = pathlib.Path("/dev/nvidia0").exists()
_CGROUP = pathlib.Path("/sys/fs/cgroup")
_QUERY = ("nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader")
#: Assumed bytes of memory of a GPU that cannot be queried.
_LEAST_GPU_MEMORY = 8 * 2**30


@dataclasses.dataclass(frozen=True)
class Machine:
    """The devices that share a batch.

    Attributes:
      kind: "CPU" or "GPU".
      devices: number of devices on all hosts; all cores of a host are one.
      cores: number of CPU cores of one host.
      memory: bytes of memory of one device.
    """

    kind: str
    devices: int
    cores: int
    memory: int

    def __str__(self) -> str:
        gib = f"{self.memory / 2**30:.0f} GiB"
        if self.kind == "GPU":
            return f"{self.devices} GPU{'s' * (self.devices > 1)} of {gib}"
        hosts = f"{self.devices} hosts of " if self.devices > 1 else ""
        return f"{hosts}{self.cores} cores, {gib}"


def hide_notices() -> None:
    """Hides TensorFlow's notices, if it is imported after this call.

    Its errors are shown, because exceptions refer to them, except on a machine
    without a GPU: there, the first one says that there is no GPU. A level that
    is set in the environment stays.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2" if _HAS_GPU else "3")


def here(strategy: str) -> Machine:
    """The devices that a run would use; none is initialised.

    Args:
      strategy: name of the run's strategy. For "tpu", the host is returned.
    """
    cores = _cores()
    hosts = _hosts() if strategy == "multi_worker_mirrored" else 1
    gpus = tf.config.get_visible_devices("GPU")
    if not gpus:
        # GPUs may be hidden from a process that leaves them to others.
        gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        local = 1 if strategy == "one_device" else len(gpus)
        return Machine("GPU", hosts * local, cores, _gpu_memory())
    return Machine("CPU", hosts, cores, memory())


def _hosts():
    try:
        return cluster.this_process().count
    except errors.RequestError:
        return 1


def _cores():
    """The number of CPU cores that this process may use."""
    cores = len(os.sched_getaffinity(0))
    try:
        quota, period = (_CGROUP / "cpu.max").read_text().split()
        return min(cores, math.ceil(int(quota) / int(period)))
    except (OSError, ValueError):
        return cores


def memory() -> int:
    """Bytes of memory of this host that this process may use."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        return min(physical, int((_CGROUP / "memory.max").read_text()))
    except (OSError, ValueError):
        return physical


def _gpu_memory():
    """Bytes of the smallest GPU; unlike TensorFlow, does not initialise it."""
    try:
        output = subprocess.run(
            _QUERY, capture_output=True, text=True, check=True, timeout=60
        ).stdout
        return min(int(line.split()[0]) * 2**20 for line in output.splitlines())
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        return _LEAST_GPU_MEMORY
