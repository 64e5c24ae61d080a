"""What makes a search repeatable and safe costs, in time.

    python -m benchmarks.run_costs

prints one JSON object. Processes that differ in one thing take the same steps
in turn; ratios are medians over the pairs. Images are noise of CIFAR-10's
form, the epoch is that of the paper's search on CIFAR-10.
"""

import json
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

from absl import app, flags, logging

_BATCH_SIZE = flags.DEFINE_integer("batch_size", 128, "Images a step.")
_CHANNELS = flags.DEFINE_integer("channels", 16, "Channels of the first cell.")
_CELLS = flags.DEFINE_integer("cells", 8, "Cells in the stack.")
_ROUNDS = flags.DEFINE_integer("rounds", 24, "Timed steps of each process.")
_SERVE = flags.DEFINE_enum(
    "serve",
    None,
    ["plain", "deterministic", "two_devices"],
    "Takes what stdin asks for, in a process of its own.",
)


class _Server:
    """A process with a search, which does one thing at a time."""

    def __init__(self, kind):
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks.run_costs"),
                *sys.argv[1:],
                f"--serve={kind}",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds(self, what):
        print(what, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("a timed process ended")
        return float(answer)

    def close(self):
        self._process.stdin.close()
        self._process.wait()


def _serve():
    import tensorflow as tf

    from ednas_tf import searchers
    from ednas_tf.loops import distribution
    from ednas_tf.loops.schedule import CHILD, POLICY, Schedule
    from ednas_tf.loops.search.search_trainer import SearchTrainer
    from ednas_tf.runs.checkpoints import Checkpoints
    from ednas_tf.settings import schema
    from ednas_tf.tasks.image_classification import ImageClassification

    two = _SERVE.value == "two_devices"
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * (2 if two else 1),
    )
    # Computes something when it is imported.
    from benchmarks import subjects

    strategy = distribution.set_up(
        schema.Runtime(
            deterministic=_SERVE.value == "deterministic",
            distribution_strategy="mirrored" if two else "one_device",
        )
    )
    network = schema.Network(cells=_CELLS.value, channels=_CHANNELS.value)
    settings = subjects.settings(_BATCH_SIZE.value, network)
    task = ImageClassification(settings, subjects.noise())
    trainer = SearchTrainer(
        task,
        settings,
        searchers.make(task.space, 0, settings),
        Schedule(epochs=1, child_steps=10**6, policy_steps=100),
        strategy,
    )
    with tempfile.TemporaryDirectory() as folder:
        saved = Checkpoints(trainer.checkpoint(), pathlib.Path(folder), 3)
        work = {
            "child": lambda: trainer.run(CHILD, subjects.ONE),
            "policy": lambda: trainer.run(POLICY, subjects.ONE),
            "save": lambda: saved.save(int(trainer.global_step.numpy())),
        }
        for line in sys.stdin:
            begin = time.perf_counter()
            work[line.strip()]()
            trainer.global_step.numpy()
            print(time.perf_counter() - begin, flush=True)


def _median(server, what, times=5):
    server.seconds(what)
    return statistics.median(server.seconds(what) for _ in range(times))


def main(_):
    logging.set_verbosity(logging.WARNING)
    if _SERVE.value:
        _serve()
        return
    servers = {
        kind: _Server(kind)
        for kind in ("plain", "deterministic", "two_devices")
    }
    first = {kind: each.seconds("child") for kind, each in servers.items()}
    rows = []
    for i in range(_ROUNDS.value):
        kinds = list(servers)[i % 3 :] + list(servers)[: i % 3]
        rows.append({kind: servers[kind].seconds("child") for kind in kinds})
    plain = servers["plain"]
    child = statistics.median(row["plain"] for row in rows)
    policy, save = _median(plain, "policy"), _median(plain, "save")
    for each in servers.values():
        each.close()
    steps = [n // _BATCH_SIZE.value for n in (40_000, 10_000)]
    epoch = steps[0] * child + steps[1] * policy
    result = {
        "checkpoint_share": save / (epoch + save),
        **{
            f"{kind}_ratio": statistics.median(
                row[kind] / row["plain"] for row in rows
            )
            for kind in ("deterministic", "two_devices")
        },
        "checkpoint_seconds": save,
        "epoch_seconds": epoch,
        "child_step_seconds": child,
        "first_step_seconds": first,
        "settings": {
            name: getattr(flags.FLAGS, name)
            for name in ("batch_size", "channels", "cells", "rounds")
        },
        "machine": platform.machine(),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
