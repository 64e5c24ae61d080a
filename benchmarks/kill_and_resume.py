"""Kills runs at random moments, and compares what they end with.

    python -m benchmarks.kill_and_resume --kills=50

prints one JSON object. One run is never killed. Others are killed by SIGKILL,
each several times, at a moment between the start of the process and the time
that a whole run takes, and are then started a last time. Their policies,
weights, optimizer slots, candidates and genotype (of a training: its result)
must be those of the first, bit for bit. Exit status 1 if one is not.
"""

import dataclasses
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np
from absl import app, flags

_KILLS = flags.DEFINE_integer("kills", 50, "How many in all.", lower_bound=1)
_KILLS_A_RUN = flags.DEFINE_integer("kills_a_run", 5, "At most.", lower_bound=1)
_COMMAND = flags.DEFINE_enum(
    "command", "search", ["search", "train"], "What is killed."
)
_STEPS = flags.DEFINE_integer("steps", 120, "Child steps an epoch.")
_MOMENTS = flags.DEFINE_integer("moments", 0, "Seed of the moments.")

ROOT = pathlib.Path(__file__).resolve().parents[1]
#: An architecture whose network is traced fast.
_ARCHITECTURE = (
    "|nor_conv_3x3~0|+|avg_pool_3x3~0|skip_connect~1|"
    "+|skip_connect~0|none~1|nor_conv_1x1~2|"
)
#: What a run leaves, beside checkpoints, that does not name its directory.
_FILES = {
    "search": ("policy.npz", "candidates.csv", "genotype.json"),
    "train": ("genotype.json", "result.json"),
}


def arguments(command: str, steps: int) -> list[str]:
    """A small run on digits; the same words in every directory."""
    settings = {
        "search": "search.space.ops=[skip_connect,max_pool_3x3,dil_conv_3x3],"
        "search.space.nodes=2,search.network.cells=3,search.network.channels=4,"
        f"search.epochs=3,search.child_steps={steps},"
        f"search.policy_steps={steps // 2},search.batch_size=16,"
        "search.candidates=10,search.rescored_candidates=2,"
        "policy.batch_size=32,policy.initial_stddev=0.5,"
        "policy.learning_rate=0.05",
        "train": "train.network.cells=3,train.network.channels=4,"
        f"train.epochs=3,train.steps={steps},train.batch_size=16",
    }
    runtime = "runtime.steps_per_log=3,runtime.checkpoint_steps=2"
    result = [
        *("--dataset=digits", "--deterministic", "--model_dir=run"),
        f"--params_override={settings[command]},{runtime}",
    ]
    if command == "train":
        result.append(f"--genotype={_ARCHITECTURE}")
    return result


def start(command: str, arguments: list[str], folder: pathlib.Path, **options):
    """Starts a command in a process of its own; wait() and kill() it.

    Options are those of `subprocess.Popen`.
    """
    return subprocess.Popen(
        [sys.executable, "-m", f"ednas_tf.{command}", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        **options,
    )


@dataclasses.dataclass
class Result:
    """What came of it.

    Attributes:
      kills, runs: how many.
      equal_kills: of runs that ended as the one that was never killed.
      steps: of the last checkpoint at each kill, -1 before the first.
      differences: what was not equal, of all runs.
      seconds: of the run that was never killed.
    """

    kills: int = 0
    runs: int = 0
    equal_kills: int = 0
    steps: list[int] = dataclasses.field(default_factory=list)
    differences: list[str] = dataclasses.field(default_factory=list)
    seconds: float = 0.0


def measure(
    folder: pathlib.Path,
    command: str,
    steps: int,
    kills: int,
    kills_a_run: int,
    seed: int,
    start: Callable = start,
) -> Result:
    """Does it all within `folder`.

    Raises:
      RuntimeError: a start that was not killed failed.
    """
    moments = random.Random(seed)
    words = arguments(command, steps)

    def begin(name):
        (folder / name).mkdir(exist_ok=True)
        return start(command, words, folder / name)

    def finish(name):
        if begin(name).wait() != 0:
            raise RuntimeError(f"{folder / name}: the {command} failed")

    result = Result()
    begun = time.monotonic()
    finish("whole")
    result.seconds = time.monotonic() - begun
    expected = contents(folder / "whole/run", command)
    while result.kills < kills:
        name = f"killed_{result.runs}"
        of_run = min(kills_a_run, kills - result.kills)
        done = 0
        while done < of_run:
            process = begin(name)
            moment = moments.uniform(0, result.seconds)
            if _ends_within(process, moment):
                break
            process.kill()
            if process.wait() not in (0, -signal.SIGKILL):
                raise RuntimeError(f"{folder / name}: the {command} failed")
            result.steps.append(last_step(folder / name / "run"))
            done += 1
        finish(name)
        different = compare(expected, contents(folder / name / "run", command))
        result.differences += [f"{name}: {what}" for what in different]
        result.kills += done
        result.runs += 1
        result.equal_kills += 0 if different else done
    return result


def _ends_within(process, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            if process.returncode != 0:
                raise RuntimeError("a start that was not killed failed")
            return True
        time.sleep(0.01)
    return False


def last_step(directory: pathlib.Path) -> int:
    """Of the last checkpoint of a run, -1 without one."""
    found = directory.glob("checkpoints/ckpt-*.index")
    return max((int(file.stem.split("-")[1]) for file in found), default=-1)


def contents(directory: pathlib.Path, command: str) -> dict[str, object]:
    """All that must be equal: files as bytes, tensors of the checkpoint."""
    found = {name: (directory / name).read_bytes() for name in _FILES[command]}
    if "result.json" in found:
        result = json.loads(found["result.json"])
        found["result.json"] = result | {"seconds": None}
    found["last checkpoint"] = last_step(directory)
    return found | tensors(directory, last_step(directory))


def tensors(directory: pathlib.Path, step: int) -> dict[str, np.ndarray]:
    """What a run has saved at a step, by name."""
    import tensorflow as tf

    reader = tf.train.load_checkpoint(
        str(directory / f"checkpoints/ckpt-{step}")
    )
    found = {}
    for name in reader.get_variable_to_shape_map():
        # How often was saved, and how long it took: a run that was killed has
        # done more.
        if (
            not name.startswith(("save_counter/", "seconds/"))
            and name != "_CHECKPOINTABLE_OBJECT_GRAPH"
        ):
            found[name] = reader.get_tensor(name)
    return found


def compare(expected: dict, found: dict) -> list[str]:
    """The names of what differs, bits of NaN and zero included."""
    different = set(expected) ^ set(found)
    for name in set(expected) & set(found):
        one, other = expected[name], found[name]
        if isinstance(one, np.ndarray):
            one, other = (
                (value.dtype, value.shape, value.tobytes())
                for value in (one, other)
            )
        if one != other:
            different.add(name)
    return sorted(different)


def main(_):
    with tempfile.TemporaryDirectory() as folder:
        result = measure(
            pathlib.Path(folder),
            _COMMAND.value,
            _STEPS.value,
            _KILLS.value,
            _KILLS_A_RUN.value,
            _MOMENTS.value,
        )
    print(json.dumps(dataclasses.asdict(result), indent=2))
    sys.exit(1 if result.differences else 0)


if __name__ == "__main__":
    app.run(main)
