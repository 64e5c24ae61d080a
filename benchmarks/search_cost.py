"""What the paper's searches cost, here and as their authors' code runs them.

    python -m benchmarks.search_cost

prints one JSON object: multiply-adds of whole searches, exact expectations
over what is sampled while no choice is more likely than another (they change
little as policies settle: the operations' shares of a network are between
those of the cheapest and the dearest), and the hours that such a search takes
on this machine, from steps that are timed. Nothing is searched.

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
import platform

from absl import app, flags

_STEPS = flags.DEFINE_bool("steps", True, "Whether steps are timed, too.")
_MODULE = "benchmarks.search_cost"

#: Images of ImageNet's training set, and what the paper searches on.
_IMAGENET = 1_281_167
#: Images of a timed step of ImageNet, whose 200 need more memory than a small
#: machine has; the time is taken to grow with them.
_IMAGENET_BATCH = 20

_CANDIDATES = 100


@dataclasses.dataclass(frozen=True)
class Cost:
    """Of a search.

    Attributes:
      unit: what is counted, "images" or "words".
      forward: multiply-adds of a unit in the forward pass, expected.
      backward: of a unit in forward and backward pass.
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
    from ednas_tf.space import cell_space

    settings = resolve.resolve(dataset)
    search, policy = settings.search, settings.policy
    form, images, nodes = {
        "cifar10": (((32, 32, 3), 10), 50_000, 4),
        "imagenet2012": (((224, 224, 3), 1000), _IMAGENET, 5),
    }[dataset]

    def forward(nodes):
        space = cell_space.convolutional_space(nodes, search.space.ops)
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
            4,
            child=(images - apart) // search.batch_size * search.batch_size,
            policy=apart // policy.batch_size * policy.batch_size,
            policy_passes=1,
            candidates=_CANDIDATES * policy.batch_size,
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
    from ednas_tf.data import penn_treebank, windows
    from ednas_tf.settings import resolve

    settings = resolve.resolve("penn_treebank")
    search, policy = settings.search, settings.policy
    model, nodes = search.language_model, search.space.nodes
    words, train, valid = 10_000, 929_589, 73_760
    steps = windows.steps_of_a_pass(train, search.batch_size, model)
    scored = windows.scoring_steps_of_a_pass(
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

    # Windows of theirs begin where the one before ends, one in twenty after
    # half of 35 words, and have 35 words.
    advance = 0.95 * model.bptt + 0.05 * (model.bptt // 2)
    theirs = (valid // policy.batch_size - 2) / advance * window
    return {
        "here": cost(nodes, scored * window, 1, _CANDIDATES * window),
        "authors": cost(
            nodes * (nodes + 1) // 2, round(theirs), 2, _CANDIDATES * window // 2
        ),
    }


def main(_):
    pass


if __name__ == "__main__":
    app.run(main)
