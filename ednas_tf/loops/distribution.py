"""The tf.distribute strategy of a run, and what its processes must agree on."""

import contextlib
import functools
import json
import os
import zlib

import tensorflow as tf

from ednas_tf import errors, interruption
from ednas_tf.loops import determinism
from ednas_tf.settings import schema

_MULTI_WORKER = "multi_worker_mirrored"

#: What TensorFlow raises when another process ends or cannot be reached.
_LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)


def set_up(runtime: schema.Runtime) -> tf.distribute.Strategy:
    """Readies this process for a run, before it computes anything.

    Deterministic operations cannot be turned off again.
    """
    if runtime.deterministic and runtime.distribution_strategy == "tpu":
        raise errors.RequestError(
            "--deterministic: expected none with --distribution_strategy=tpu, "
            "as XLA has no deterministic gradient of max_pool_3x3; leave one"
        )
    if runtime.deterministic:
        determinism.enable()
    return strategy(runtime.distribution_strategy)


@functools.cache
def strategy(name: str) -> tf.distribute.Strategy:
    """A strategy over the devices of this process, or of several.

    One of a kind serves all runs of a process: the devices of several hosts
    cannot be joined twice.

    Args:
      name: "one_device": the first GPU, or else the CPU; "mirrored": all
        GPUs, or else all (logical) CPUs; "multi_worker_mirrored": those of all
        processes that TF_CONFIG names, for which this one waits; "tpu": the
        cores of the TPU that TPU_NAME names, or of this host.

    Raises:
      RequestError: there is no TPU.
    """
    if name == "tpu":
        return tf.distribute.TPUStrategy(_tpu())
    if name == _MULTI_WORKER:
        # It waits for the other processes, and puts signal handlers of its
        # own in the place of ours.
        with interruption.at_once(), _noticing_losses():
            return tf.distribute.MultiWorkerMirroredStrategy()
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    devices = [d.name for d in tf.config.list_logical_devices(kind)]
    if name == "one_device":
        return tf.distribute.OneDeviceStrategy(devices[0])
    # The default collectives of CPUs serve one strategy a process only.
    reduction = tf.distribute.ReductionToOneDevice() if kind == "CPU" else None
    return tf.distribute.MirroredStrategy(devices, reduction)


def _tpu():
    name = os.environ.get("TPU_NAME", "local")
    try:
        tpu = tf.distribute.cluster_resolver.TPUClusterResolver(name)
        tf.config.experimental_connect_to_cluster(tpu)
        tf.tpu.experimental.initialize_tpu_system(tpu)
    # Without its name and network there are many ways not to find one.
    except (
        *(ValueError, RuntimeError, OSError, ImportError),
        tf.errors.OpError,
    ) as error:
        raise errors.RequestError(
            f"--distribution_strategy: expected a TPU in TPU_NAME={name}, "
            f"found none: {errors.first_line(error)}; choose another one"
        ) from None
    return tpu


def is_writer(runtime: schema.Runtime) -> bool:
    """Whether this process is the one of the run that writes its files.

    Of several it is the first worker in TF_CONFIG; all of them read.

    Raises:
      RequestError: several processes are asked for, TF_CONFIG does not fit.
    """
    return (
        runtime.distribution_strategy != _MULTI_WORKER
        or _task(os.environ.get("TF_CONFIG")) == 0
    )


def _task(text):
    example = (
        '{"cluster": {"worker": ["host0:2222", "host1:2222"]}, '
        '"task": {"type": "worker", "index": 0}}'
    )
    try:
        config = json.loads(text or "{}")
        workers, task = config["cluster"]["worker"], config["task"]
        if not (
            isinstance(workers, list)
            and all(isinstance(w, str) and ":" in w for w in workers)
            and list(config["cluster"]) == ["worker"]
            and task["type"] == "worker"
            and task["index"] in range(len(workers))
            and not isinstance(task["index"], bool)
        ):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise errors.RequestError(
            f"TF_CONFIG: expected all processes of the run and which of them "
            f"this is, as {example}, found {errors.shown(text)}; set it, or "
            "choose another --distribution_strategy"
        ) from None
    return task["index"]


def has_several_processes(strategy: tf.distribute.Strategy) -> bool:
    """Whether other processes take part in the run."""
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


@contextlib.contextmanager
def noticing_losses(strategy: tf.distribute.Strategy):
    """While in the context, raises `LostProcess` if another process is lost."""
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
    """Whether a process of the run got a signal; all of them have to ask."""
    here = interruption.received() is not None
    if not has_several_processes(strategy):
        return here
    return int(_sum(strategy)(tf.constant(int(here), tf.int64))) > 0


def check_agreement(strategy: tf.distribute.Strategy, described: str) -> None:
    """Raises `RunError` in all processes unless each describes the same run.

    Args:
      strategy: of the run; all processes have to ask.
      described: what all of them must have in common.
    """
    if not has_several_processes(strategy):
        return
    own = zlib.crc32(described.encode())
    total = int(_sum(strategy)(tf.constant(own, tf.int64)))
    # With three processes, one of them can have the mean of all.
    differs = total != own * strategy.num_replicas_in_sync
    if int(_sum(strategy)(tf.constant(int(differs), tf.int64))):
        raise errors.RunError(
            "the processes of this run differ in their settings, genotype, "
            "data or code, or in the checkpoint that they have found "
            f"(this one: {described}); give all the same command and "
            "--model_dir"
        )


@functools.cache
def _sum(strategy):
    """Compiled: TensorFlow warns of what is not."""

    def sum_over_processes(value):
        there = strategy.run(lambda: value)
        return strategy.reduce("SUM", there, axis=None)

    return tf.function(sum_over_processes, autograph=False)
