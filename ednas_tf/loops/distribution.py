"""The tf.distribute strategy of a run, and the agreement of its processes."""

import contextlib
import functools
import os
import zlib

import tensorflow as tf

from ednas_tf import cluster, errors, interruption, wording
from ednas_tf.loops import determinism
from ednas_tf.settings import schema

_MULTI_WORKER = "multi_worker_mirrored"

#: Errors that TensorFlow raises if another process ends or cannot be reached.
_LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)


def set_up(runtime: schema.Runtime) -> tf.distribute.Strategy:
    """Prepares this process for a run; call it before anything is computed.

    Returns:
      The strategy of the run.

    Raises:
      RequestError: there are no such devices, or they cannot do what the
        settings ask for.
    """
    if runtime.deterministic and runtime.distribution_strategy == "tpu":
        raise errors.RequestError(
            "--deterministic: expected false with --distribution_strategy=tpu, "
            "because XLA has no deterministic gradient of max_pool_3x3, found "
            "true; omit one of the two flags"
        )
    if runtime.deterministic:
        determinism.enable()
    return strategy(runtime.distribution_strategy)


@functools.cache
def strategy(name: str) -> tf.distribute.Strategy:
    """Returns a strategy over the devices of this process, or of several.

    All runs of a process share the strategy of a name, as a process cannot
    connect to other hosts twice.

    Args:
      name: "one_device": the first GPU, or else the CPU; "mirrored": all GPUs,
        or else all (logical) CPUs; "multi_worker_mirrored": the same of all
        processes in TF_CONFIG, for which this process waits; "tpu": the cores
        of the TPU that TPU_NAME names, or of the one of this host.

    Raises:
      RequestError: no TPU can be found, or TF_CONFIG is malformed.
    """
    if name == "tpu":
        return tf.distribute.TPUStrategy(_tpu())
    if name == _MULTI_WORKER:
        process = cluster.this_process()
        described = (
            f"process {process.number + 1} of {process.count}, which the "
            f"others reach at {process.address}; TensorFlow listens on this "
            "port at all addresses of the host, for anyone"
        )
        print(wording.wrapped(described), flush=True)
        # This waits for the other processes, and replaces our signal handlers
        # by its own.
        with interruption.at_once(), _noticing_losses():
            return tf.distribute.MultiWorkerMirroredStrategy()
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    devices = [d.name for d in tf.config.list_logical_devices(kind)]
    if name == "one_device":
        return tf.distribute.OneDeviceStrategy(devices[0])
    # On CPUs the default collectives serve only one strategy in a process.
    reduction = tf.distribute.ReductionToOneDevice() if kind == "CPU" else None
    return tf.distribute.MirroredStrategy(devices, reduction)


def _tpu() -> tf.distribute.cluster_resolver.TPUClusterResolver:
    """Connects to the TPU that TPU_NAME names, or to the one of this host."""
    name = os.environ.get("TPU_NAME", "local")
    try:
        tpu = tf.distribute.cluster_resolver.TPUClusterResolver(name)
        tf.config.experimental_connect_to_cluster(tpu)
        tf.tpu.experimental.initialize_tpu_system(tpu)
    # There are many ways not to find a TPU by its name and in the network.
    except (
        *(ValueError, RuntimeError, OSError, ImportError),
        tf.errors.OpError,
    ) as error:
        raise errors.RequestError(
            f"--distribution_strategy: expected a TPU in TPU_NAME={name}, "
            f"found none: {errors.first_line(error)}; choose another strategy"
        ) from None
    return tpu


def is_writer(runtime: schema.Runtime) -> bool:
    """Whether this process writes the files of the run.

    Of several processes only the first one in TF_CONFIG does; all read them.

    Raises:
      RequestError: the strategy needs TF_CONFIG, and it is malformed.
    """
    return (
        runtime.distribution_strategy != _MULTI_WORKER
        or cluster.this_process().number == 0
    )


def has_several_processes(strategy: tf.distribute.Strategy) -> bool:
    """Whether the run has other processes."""
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


@contextlib.contextmanager
def noticing_losses(strategy: tf.distribute.Strategy):
    """Raises `LostProcess` if another process is lost while in the context."""
    several = has_several_processes(strategy)
    with _noticing_losses() if several else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def _noticing_losses():
    try:
        yield
    except _LOST as error:
        raise errors.LostProcess(
            "another process of this run was lost; checkpoints are kept"
        ) from error


def asked_to_stop(strategy: tf.distribute.Strategy) -> bool:
    """Whether any process of the run received a signal to stop.

    All processes of the run must call it at the same point.
    """
    here = interruption.received() is not None
    if not has_several_processes(strategy):
        return here
    return int(_sum(strategy)(tf.constant(int(here), tf.int64))) > 0


def check_agreement(strategy: tf.distribute.Strategy, identity: str) -> None:
    """Checks that all processes work on the same run.

    All processes of the run must call it at the same point.

    Args:
      strategy: the strategy of the run.
      identity: a text that must be the same in all processes.

    Raises:
      RunError: in all processes, if the texts differ.
    """
    if not has_several_processes(strategy):
        return
    own = zlib.crc32(identity.encode())
    total = int(_sum(strategy)(tf.constant(own, tf.int64)))
    # A process can happen to have the mean of all, so each asks the others.
    differs = total != own * strategy.num_replicas_in_sync
    if int(_sum(strategy)(tf.constant(int(differs), tf.int64))):
        raise errors.RunError(
            "the processes of this run differ in their settings, genotype, "
            "data or code, or in the checkpoint that they found "
            f"(this one: {identity}); give all of them the same command and "
            "--model_dir"
        )


@functools.cache
def _sum(strategy):
    """A function that sums over processes; TensorFlow warns if not compiled."""

    def sum_over_processes(value):
        there = strategy.run(lambda: value)
        return strategy.reduce("SUM", there, axis=None)

    return tf.function(sum_over_processes, autograph=False)
