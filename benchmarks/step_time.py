"""What a step of the search costs, in time and memory.

    python -m benchmarks.step_time

prints one JSON object. Ratios are medians over pairs that were timed in turn
in one process, for some sampled architectures; memory and the first step are
taken in processes of their own. Images are noise of CIFAR-10's form, or of 224
x 224 pixels with --stem=imagenet.
"""

import json
import platform
import resource
import time

from absl import app, flags

from benchmarks import timing

_MODULE = "benchmarks.step_time"

_BATCH_SIZE = flags.DEFINE_integer("batch_size", 128, "Images a step.")
_SMALL_BATCH_SIZE = flags.DEFINE_integer("small_batch_size", 32, "Same.")
_CHANNELS = flags.DEFINE_integer("channels", 16, "Channels of the first cell.")
_CELLS = flags.DEFINE_integer("cells", 8, "Cells in the stack.")
_STEM = flags.DEFINE_enum(
    "stem", "cifar", ["cifar", "imagenet"], "imagenet: images of 224 x 224."
)
_ROUNDS = flags.DEFINE_integer("rounds", 8, "Timed pairs an architecture.")
_ARCHITECTURES = flags.DEFINE_integer("architectures", 3, "Sampled ones.")
_MEASURE = flags.DEFINE_enum(
    "measure",
    "all",
    ["all", "search_alone", "standalone_alone"],
    "Other than all: a part, in a process of its own.",
)


def _task(batch_size, ops=None):
    from benchmarks import subjects
    from ednas_tf.settings import schema
    from ednas_tf.tasks.image_classification import ImageClassification

    network = schema.Network(
        cells=_CELLS.value, channels=_CHANNELS.value, stem=_STEM.value
    )
    settings = subjects.settings(batch_size, network, ops)
    images = subjects.noise({"cifar": 32, "imagenet": 224}[_STEM.value])
    return ImageClassification(settings, images)


def _sampled():
    """Architectures of the paper's space, and so of all larger ones."""
    from benchmarks import subjects
    from ednas_tf.space import convolutional

    space = convolutional.convolutional()
    return subjects.sampled(space, _ARCHITECTURES.value)


def _make(batch_size, ops=None):
    from benchmarks import subjects

    return subjects.FixedSearch(_task(batch_size, ops)), _sampled()


def _step_ratio(search, sampled):
    from benchmarks import subjects

    pairs = []
    for architecture in sampled:
        search.fix(architecture)
        alone = subjects.Standalone(
            search.task,
            subjects.image_network(search.task, architecture),
            search.strategy,
            "child",
        )
        pairs += timing.pairs(search.step, alone.step, _ROUNDS.value)
    return timing.summary(pairs)


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
    for architecture in sampled:
        search.fix(architecture)
        larger.fix(architecture)
        pairs += timing.pairs(larger.step, search.step, _ROUNDS.value)
    return timing.summary(pairs)[0]


def _policy_ratio(search, sampled):
    from ednas_tf.loops.schedule import POLICY

    pairs = []
    for architecture in sampled:
        search.fix(architecture)
        pairs += timing.pairs(
            lambda: search.step(POLICY), search.step, _ROUNDS.value
        )
    return timing.summary(pairs)[0]


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
    from ednas_tf.loops import distribution

    result = {"imported": time.time()}
    if _MEASURE.value == "search_alone":
        search = subjects.FixedSearch(_task(_BATCH_SIZE.value))
        search.step()
        result["first_step"] = time.time()
        for architecture in _sampled() * 2:
            search.fix(architecture)
            search.step()
    else:
        task = _task(_BATCH_SIZE.value)
        alone = subjects.Standalone(
            task,
            subjects.image_network(task, _sampled()[0]),
            distribution.strategy("one_device"),
            "child",
        )
        for _ in range(2 * _ARCHITECTURES.value):
            alone.step()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(result | {"peak_kib": peak}))


def main(_):
    if _MEASURE.value != "all":
        _alone()
        return
    start, search_alone = timing.in_a_process(_MODULE, "search_alone")
    _, standalone = timing.in_a_process(_MODULE, "standalone_alone")
    search, sampled = _make(_BATCH_SIZE.value)
    ratio, seconds, alone_seconds = _step_ratio(search, sampled)
    policy_ratio = _policy_ratio(search, sampled)
    input_seconds = _input_seconds(search)
    ops_ratio = _ops_ratio(search, sampled)
    small, few = _make(_SMALL_BATCH_SIZE.value)
    small_ratio, *_ = _step_ratio(small, few)
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
                "batch_size channels cells stem rounds architectures"
            ).split()
        },
        "machine": platform.machine(),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
