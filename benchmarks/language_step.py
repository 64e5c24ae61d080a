"""What a step of the search for a recurrent cell costs.

    python -m benchmarks.language_step

prints one JSON object. Ratios are medians over pairs that were timed in turn
in one process, for some sampled architectures; the first step is taken in a
process of its own. The text is random, of Penn Treebank's vocabulary.
"""

import json
import platform
import time

from absl import app, flags

from benchmarks import timing

_BATCH_SIZE = flags.DEFINE_integer("batch_size", 64, "Texts side by side.")
_HIDDEN = flags.DEFINE_integer("hidden", 300, "Length of the hidden state.")
_BPTT = flags.DEFINE_integer("bptt", 35, "Words of a window.")
_CONTEXT = flags.DEFINE_integer(
    "context", 0, "Words that are read before those a reward is taken on."
)
_WORDS = flags.DEFINE_integer("words", 10_000, "Of the vocabulary.")
_ROUNDS = flags.DEFINE_integer("rounds", 8, "Timed pairs an architecture.")
_ARCHITECTURES = flags.DEFINE_integer("architectures", 3, "Sampled ones.")
_MEASURE = flags.DEFINE_enum(
    "measure",
    "all",
    ["all", "first_step"],
    "Other than all: a part, in a process of its own.",
)

_MODULE = "benchmarks.language_step"


def _settings():
    """The paper's, but that search and training are of the same network."""
    from ednas_tf.settings import resolve

    result = resolve.resolve("penn_treebank")
    section = {
        "language_model": {
            "hidden": _HIDDEN.value,
            "bptt": _BPTT.value,
            "bptt_stddev": 0.0,
            "short_share": 0.0,
            "word_dropout": 0.0,
        },
        "batch_size": _BATCH_SIZE.value,
    }
    policy = {"batch_size": _BATCH_SIZE.value, "context": _CONTEXT.value}
    result.override({"search": section, "train": section, "policy": policy})
    return result


def _corpus():
    import numpy as np

    from ednas_tf.data.text import text_data

    generator = np.random.default_rng(0)
    length = _BATCH_SIZE.value * _BPTT.value * 50 + _BATCH_SIZE.value
    text = generator.integers(0, _WORDS.value, length).astype(np.int32)
    words = ("<eos>", *map(str, range(1, _WORDS.value)))
    return text_data.Corpus("random", text, text, text, words)


def _search():
    from benchmarks import subjects
    from ednas_tf.tasks.language_modelling import LanguageModelling

    return subjects.FixedSearch(LanguageModelling(_settings(), _corpus()))


def _sampled():
    from benchmarks import subjects
    from ednas_tf.space import recurrent

    return subjects.sampled(recurrent.recurrent(), _ARCHITECTURES.value)


def _alone(task, architecture, for_search):
    """A step of the network of one architecture alone."""
    from benchmarks import subjects
    from ednas_tf.loops import distribution
    from ednas_tf.nets import architectures
    from ednas_tf.nets.recurrent import language_network

    network = language_network.derived_network(
        architectures.to_genotype(task.space, architecture),
        task.settings.search.language_model,
        len(task.data.words),
        for_search,
    ).make_weights()
    strategy = distribution.strategy("one_device")
    return subjects.Standalone(task, network, strategy, "train").step


def _lstm():
    import numpy as np

    from benchmarks import lstm, subjects
    from ednas_tf.loops import distribution

    task = lstm.LstmTask(_settings(), _corpus())
    network = task.child()
    step = subjects.Standalone(
        task, network, distribution.strategy("one_device"), "train"
    ).step
    parameters = sum(np.prod(v.shape) for v in network.trainable_variables)
    return step, int(parameters)


def _ratios(search):
    from ednas_tf.loops.schedule import POLICY

    lstm, lstm_parameters = _lstm()
    found = {"supernet": [], "policy": [], "lstm": []}
    for architecture in _sampled():
        search.fix(architecture)
        same = _alone(search.task, architecture, for_search=True)
        derived = _alone(search.task, architecture, for_search=False)
        for name, one, other in (
            ("supernet", search.step, same),
            ("policy", lambda: search.step(POLICY), search.step),
            ("lstm", derived, lstm),
        ):
            found[name] += timing.pairs(one, other, _ROUNDS.value)
    supernet, lstm = map(timing.summary, (found["supernet"], found["lstm"]))
    return {
        "step_ratio": supernet[0],
        "policy_ratio": timing.summary(found["policy"])[0],
        "derived_over_lstm": lstm[0],
        "child_step_seconds": supernet[1],
        "standalone_step_seconds": supernet[2],
        "derived_step_seconds": lstm[1],
        "lstm_step_seconds": lstm[2],
        "lstm_parameters": lstm_parameters,
    }


def main(_):
    if _MEASURE.value == "first_step":
        _search().step()
        print(json.dumps({"first_step": time.time()}))
        return
    start, first = timing.in_a_process(_MODULE, "first_step")
    result = _ratios(_search()) | {
        "first_step_seconds": first["first_step"] - start,
        "settings": {
            name: getattr(flags.FLAGS, name)
            for name in (
                "batch_size hidden bptt context words rounds architectures"
            ).split()
        },
        "machine": platform.machine(),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
