"""What the paper's searches cost, here and as their authors' code runs them.

    python -m benchmarks.search_cost

prints one JSON object: multiply-adds of whole searches, exact expectations
over what is sampled while no choice is more likely than another, and the hours
that such a search takes on this machine, from steps that are timed.

A backward pass counts twice the forward pass, less the gradient of the image.
The authors' code (github.com/logue311/EDNAS at 9215877) departs from the paper
where it computes
- each policy step of CIFAR-10 and of Penn Treebank forward twice;
- five nodes a cell on ImageNet, where the paper's text has four;
- the product of every earlier state with a node's matrix in a recurrent cell,
  where one state is chosen: 36 products for 8;
- last batches that are not full, which are left out here;
- candidates on other minibatches each: one of CIFAR-10, ten of ImageNet.
"""

import dataclasses
import json
import os
import platform

from absl import app, flags

from benchmarks import timing

_MODULE = "benchmarks.search_cost"
_SEARCHES = "cifar10", "imagenet2012", "penn_treebank"

_TIMED = flags.DEFINE_bool("timed", True, "Whether steps are timed, too.")
_MEASURE = flags.DEFINE_enum(
    "measure",
    "all",
    ["all", *_SEARCHES],
    "Other than all: one search, in a process of its own.",
)

#: Images of ImageNet's training set, and what the paper searches on.
_IMAGENET = 1_281_167
#: Images of a timed step of ImageNet, whose 200 need more memory than a small
#: machine has; the time is taken to grow with them.
_IMAGENET_BATCH = 20

#: Of the authors' code.
_CANDIDATES = 100


@dataclasses.dataclass(frozen=True)
class Cost:
    """Of a search.

    Attributes:
      unit: what is counted, "images" or "words".
      forward, training: multiply-adds of a unit in the forward pass, and in
        forward and backward pass.
      epochs: so many.
      child, policy: units of an epoch.
      policy_passes: forward passes of a policy step.
      candidates: units that all candidates are scored on.
    """

    unit: str
    forward: float
    training: float
    epochs: int
    child: int
    policy: int
    policy_passes: int
    candidates: int

    @property
    def total(self) -> float:
        """Multiply-adds of the whole search."""
        scored = self.epochs * self.policy * self.policy_passes
        return (
            self.epochs * self.child * self.training
            + (scored + self.candidates) * self.forward
        )

    def as_dict(self):
        return dataclasses.asdict(self) | {"total": self.total}


def image_costs(dataset: str) -> dict[str, Cost]:
    """Costs of a search on images, here and by the authors' code."""
    from ednas_tf.nets import expected_counts
    from ednas_tf.settings import resolve
    from ednas_tf.space import convolutional

    settings = resolve.resolve(dataset)
    search, policy = settings.search, settings.policy
    form, images, nodes = {
        "cifar10": (((32, 32, 3), 10), 50_000, 4),
        "imagenet2012": (((224, 224, 3), 1000), _IMAGENET, 5),
    }[dataset]

    def forward(nodes):
        space = convolutional.convolutional(nodes, search.space.ops)
        shares = expected_counts.uniform(space)
        return expected_counts.expect(space, shares, search.network, *form)

    def cost(nodes, **others):
        expected = forward(nodes)
        return Cost(
            "images",
            expected.multiply_adds,
            expected.training_multiply_adds,
            search.epochs,
            **others,
        )

    apart = settings.data.validation_images
    # Their code splits off a fifth of the images of both sets.
    all_child = int(0.8 * images)
    return {
        "here": cost(
            search.space.nodes,
            child=(images - apart) // search.batch_size * search.batch_size,
            policy=apart // policy.batch_size * policy.batch_size,
            policy_passes=1,
            candidates=search.candidates * policy.batch_size,
        ),
        "authors": cost(
            nodes,
            child=all_child,
            policy=images - all_child,
            policy_passes=2 if dataset == "cifar10" else 1,
            candidates=_CANDIDATES
            * policy.batch_size
            * (1 if dataset == "cifar10" else 10),
        ),
    }


def text_costs() -> dict[str, Cost]:
    """Costs of the search on Penn Treebank."""
    from ednas_tf.data.datasets import penn_treebank
    from ednas_tf.data.text import windows
    from ednas_tf.settings import resolve

    settings = resolve.resolve("penn_treebank")
    search, policy = settings.search, settings.policy
    model, nodes = search.language_model, search.space.nodes
    words, tokens = penn_treebank.NUM_WORDS, penn_treebank.NUM_TOKENS
    train, valid = tokens["train"], tokens["valid"]
    scored = windows.scoring_steps_per_pass(
        valid, policy.batch_size, model.bptt
    )
    window = policy.batch_size * model.bptt

    def forward(products):
        # The fixed node's matrix is as large as those of two others.
        return words * model.hidden + (2 + products) * 2 * model.hidden**2

    def cost(products, policy_words, passes, candidates):
        each = forward(products)
        return Cost(
            *("words", each, 3 * each, search.epochs),
            child=(train // search.batch_size - 1) * search.batch_size,
            policy=policy_words,
            policy_passes=passes,
            candidates=candidates,
        )

    # They score candidates with half of the texts. Their windows begin where
    # the one before ends, one in twenty after half of 35 words, and have 35.
    advance = 0.95 * model.bptt + 0.05 * (model.bptt // 2)
    theirs = (valid // policy.batch_size - 2) / advance * window
    return {
        "here": cost(nodes, scored * window, 1, search.candidates * window),
        "authors": cost(
            nodes * (nodes + 1) // 2,
            round(theirs),
            2,
            _CANDIDATES * window // 2,
        ),
    }


def _image_step(dataset):
    """Seconds of a child and of a policy step, by the image."""
    from benchmarks import subjects
    from ednas_tf.loops.schedule import CHILD, POLICY
    from ednas_tf.settings import resolve
    from ednas_tf.tasks.image_classification import ImageClassification

    settings = resolve.resolve(dataset)
    if dataset == "imagenet2012":
        sizes = {"batch_size": _IMAGENET_BATCH}
        settings.override({"search": sizes, "policy": sizes})
    form = {"cifar10": (32, 10), "imagenet2012": (224, 1000)}[dataset]
    data = subjects.noise(*form)
    settings.data.validation_images = len(data.train) // 2
    seconds = _timed(settings, ImageClassification(settings, data))
    return {
        CHILD: seconds[CHILD] / settings.search.batch_size,
        POLICY: seconds[POLICY] / settings.policy.batch_size,
    }


def _text_step():
    """As `_image_step`, by the word."""
    import numpy as np

    from ednas_tf.data.text import text_data
    from ednas_tf.loops.schedule import CHILD, POLICY
    from ednas_tf.settings import resolve
    from ednas_tf.tasks.language_modelling import LanguageModelling

    settings = resolve.resolve("penn_treebank")
    # Windows of one length, so that words are counted.
    model = settings.search.language_model
    model.short_share = 0.0
    words = ("<eos>", *map(str, range(1, 10_000)))
    size = settings.search.batch_size
    text = np.random.default_rng(0).integers(
        0, len(words), 40 * model.bptt * size
    )
    text = text.astype(np.int32)
    task = LanguageModelling(
        settings, text_data.Corpus("random", text, text, text, words)
    )
    seconds = _timed(settings, task)
    return {
        CHILD: seconds[CHILD] / size / model.bptt,
        POLICY: seconds[POLICY] / settings.policy.batch_size / model.bptt,
    }


def _timed(settings, task):
    from ednas_tf import searchers
    from ednas_tf.loops import distribution
    from ednas_tf.loops.schedule import Schedule
    from ednas_tf.loops.search import expected_time
    from ednas_tf.loops.search.search_trainer import SearchTrainer

    searcher = searchers.make(task.space, 0, settings)
    trainer = SearchTrainer(
        task,
        settings,
        searcher,
        Schedule(epochs=1, child_steps=10**6, policy_steps=100),
        distribution.strategy("one_device"),
    )
    return expected_time.measure(trainer)


def _hours(cost: Cost, seconds):
    from ednas_tf.loops.schedule import CHILD, POLICY

    epoch = cost.child * seconds[CHILD] + cost.policy * seconds[POLICY]
    return (cost.epochs * epoch + cost.candidates * seconds[POLICY]) / 3600


def _search(name):
    """All that is told of one search; in a process of its own."""
    language = name == "penn_treebank"
    costs = text_costs() if language else image_costs(name)
    result = {code: cost.as_dict() for code, cost in costs.items()}
    result["authors_over_here"] = costs["authors"].total / costs["here"].total
    if _TIMED.value:
        seconds = _text_step() if language else _image_step(name)
        result["microseconds_a_unit"] = {
            phase: 1e6 * each for phase, each in seconds.items()
        }
        result["hours_here"] = _hours(costs["here"], seconds)
    return result


def main(_):
    if _MEASURE.value != "all":
        print(json.dumps(_search(_MEASURE.value)))
        return
    result = {name: timing.in_a_process(_MODULE, name)[1] for name in _SEARCHES}
    machine = {"machine": platform.machine(), "cores": os.cpu_count()}
    print(json.dumps(result | machine, indent=2))


if __name__ == "__main__":
    app.run(main)
