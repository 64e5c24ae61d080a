"""What a step of the search costs, in time and memory.

    python -m benchmarks.step_time

prints one JSON object. Ratios are medians over pairs that were timed in turn
in one process, for some sampled architectures; memory and the first step are
taken in processes of their own. Images are noise of CIFAR-10's form.
"""

import json
import platform
import resource
import subprocess
import sys
import time

import numpy as np
from absl import app, flags

_BATCH_SIZE = flags.DEFINE_integer("batch_size", 128, "Images a step.")
_SMALL_BATCH_SIZE = flags.DEFINE_integer("small_batch_size", 32, "Same.")
_CHANNELS = flags.DEFINE_integer("channels", 16, "Channels of the first cell.")
_CELLS = flags.DEFINE_integer("cells", 8, "Cells in the stack.")
_ROUNDS = flags.DEFINE_integer("rounds", 8, "Timed pairs an architecture.")
_ARCHITECTURES = flags.DEFINE_integer("architectures", 3, "Sampled ones.")
_MEASURE = flags.DEFINE_enum(
    "measure",
    "all",
    ["all", "search_alone", "standalone_alone"],
    "Other than all: a part, in a process of its own.",
)


def _seconds(step, *arguments):
    start = time.perf_counter()
    step(*arguments)
    return time.perf_counter() - start


def _ratios(one, other):
    """Medians of one / other, and of each, over pairs after a warm-up."""
    _seconds(one)
    _seconds(other)
    return [(_seconds(one), _seconds(other)) for _ in range(_ROUNDS.value)]


def _summary(pairs):
    pairs = np.array(pairs)
    one, other = np.median(pairs, 0)
    return float(np.median(pairs[:, 0] / pairs[:, 1])), one, other


def _make(batch_size, ops=None):
    from benchmarks import subjects
    from ednas_tf.settings import schema

    network = schema.Network(cells=_CELLS.value, channels=_CHANNELS.value)
    search = subjects.FixedSearch(subjects.settings(batch_size, network, ops))
    # Shapes and operations of the three architectures, whatever the space.
    space = search.task.space
    generator = np.random.default_rng(0)
    sampled = []
    for _ in range(_ARCHITECTURES.value):
        sampled.append(
            {
                cell_type: subjects.selection.Selection(
                    np.array(
                        [
                            generator.permutation(space.edge_choices(node))[0]
                            for node in range(space.num_nodes)
                        ],
                        np.int32,
                    ),
                    generator.integers(0, 7, [space.num_nodes, 2], np.int32),
                )
                for cell_type in space.cell_types
            }
        )
    return search, sampled


def _step_ratio(batch_size, search, sampled):
    from benchmarks import subjects

    pairs = []
    for selections in sampled:
        search.fix(selections)
        tensors = {
            cell_type: subjects.selection.Selection(*map(_tensor, chosen))
            for cell_type, chosen in selections.items()
        }
        alone = subjects.Standalone(search, tensors)
        pairs += _ratios(search.step, alone.step)
    return _summary(pairs)


def _tensor(value):
    import tensorflow as tf

    return tf.constant(value)


def _ops_ratio(search, sampled):
    """A space with every operation twice, over the space itself."""
    from ednas_tf import ops

    names = search.task.space.ops
    for name in names:

        def twin(channels, stride, name=name):
            return ops.stages(name, channels, stride)

        ops.operation.operation(f"{name}_twin")(twin)
    twins = [f"{name}_twin" for name in names]
    larger, _ = _make(_BATCH_SIZE.value, [*names, *twins])
    pairs = []
    for selections in sampled:
        search.fix(selections)
        larger.fix(selections)
        pairs += _ratios(larger.step, search.step)
    return _summary(pairs)[0]


def _policy_ratio(search, sampled):
    from ednas_tf.loops.schedule import POLICY

    pairs = []
    for selections in sampled:
        search.fix(selections)
        pairs += _ratios(lambda: search.step(POLICY), search.step)
    return _summary(pairs)[0]


def _input_seconds(search):
    batches = iter(search.task.child_batches(search.strategy, 0))
    next(batches)
    start = time.perf_counter()
    for _ in range(100):
        next(batches)
    return (time.perf_counter() - start) / 100


def _alone():
    """Runs one subject for some steps; prints when, and the peak memory."""
    from benchmarks import subjects

    result = {"imported": time.time()}
    search, sampled = _make(_BATCH_SIZE.value)
    if _MEASURE.value == "search_alone":
        for selections in sampled * 2:
            search.fix(selections)
            search.step()
            result.setdefault("first_step", time.time())
    else:
        tensors = {
            cell_type: subjects.selection.Selection(*map(_tensor, chosen))
            for cell_type, chosen in sampled[0].items()
        }
        alone = subjects.Standalone(search, tensors)
        for _ in range(6):
            alone.step()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(result | {"peak_kib": peak}))


def _in_a_process(measure):
    command = [sys.executable, "-m", "benchmarks.step_time", *sys.argv[1:]]
    start = time.time()
    output = subprocess.run(
        [*command, f"--measure={measure}"],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
    return start, json.loads(output.splitlines()[-1])


def main(_):
    if _MEASURE.value != "all":
        _alone()
        return
    start, search_alone = _in_a_process("search_alone")
    _, standalone = _in_a_process("standalone_alone")
    search, sampled = _make(_BATCH_SIZE.value)
    ratio, seconds, alone_seconds = _step_ratio(
        _BATCH_SIZE.value, search, sampled
    )
    policy_ratio = _policy_ratio(search, sampled)
    input_seconds = _input_seconds(search)
    ops_ratio = _ops_ratio(search, sampled)
    small, few = _make(_SMALL_BATCH_SIZE.value)
    small_ratio, small_seconds, _ = _step_ratio(
        _SMALL_BATCH_SIZE.value, small, few
    )
    result = {
        "step_ratio": ratio,
        f"step_ratio_batch_{_SMALL_BATCH_SIZE.value}": small_ratio,
        "ops_ratio": ops_ratio,
        "policy_ratio": policy_ratio,
        "first_step_seconds": search_alone["first_step"] - start,
        "trace_and_first_run_seconds": search_alone["first_step"]
        - search_alone["imported"],
        "memory_ratio": search_alone["peak_kib"] / standalone["peak_kib"],
        "input_ratio": input_seconds / seconds,
        "child_step_seconds": seconds,
        "standalone_step_seconds": alone_seconds,
        "settings": {
            name: getattr(flags.FLAGS, name)
            for name in (
                "batch_size channels cells rounds architectures"
            ).split()
        },
        "machine": platform.machine(),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
