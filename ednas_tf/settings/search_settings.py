"""Settings of a search: the sections `search` and `policy`."""

import dataclasses

from ednas_tf.settings.fields import Section, choice, number, section
from ednas_tf.settings.network_settings import (
    LanguageModel,
    Network,
    Optimizer,
    Space,
)
from ednas_tf.settings.short_settings import Short


@dataclasses.dataclass
class Search(Section):
    """The search.

    Attributes:
      searcher: name of a searcher in `ednas_tf/searchers/`: "ednas", the
        paper's; "thompson", which models what each choice is worth; "random";
        "evolution"; or "local_search".
      searcher_settings: settings that only this searcher has, by name. "ednas"
        has none: its settings are the section `policy`.
      space: the space of the cells.
      network: depth, width and stem of the supernet, for images.
      language_model: the supernet for text, in place of `network`.
      optimizer: the optimizer of the supernet's weights.
      hours: the time that the search may take, in hours. Its lengths (`epochs`,
        `child_steps`, `policy_steps`, and in `short` numbers of architectures,
        rungs and steps) are then chosen to fit, whatever they are set to. 0:
        no limit.
      epochs: number of epochs, each of `child_steps` child steps and then
        `policy_steps` policy steps. Paper: 300 on CIFAR-10, 50 on ImageNet, 150
        on Penn Treebank.
      batch_size: number of images in a child step, or of texts that are read
        side by side, over all devices. Paper: 128 on CIFAR-10, 200 on ImageNet,
        256 on Penn Treebank. 0: chosen to suit data and hardware.
      child_steps: number of child steps in an epoch. 0: one pass over the
        training images, or the training text, as in the paper.
      policy_steps: number of policy steps in an epoch. 0: one pass over the
        validation images, or the validation text, as in the paper.
      candidates: number of architectures that are proposed and scored after the
        last epoch; the best is the result. Paper: 100.
      evidence: what the result is chosen by. "shared": rewards with the shared
        weights of the supernet, as in the paper; "short": short trainings of
        architectures with weights of their own; "both": short trainings, some
        of them of the best candidates of the search with shared weights.
      short: the short trainings.
      ties: which architecture of those that cannot be told from the best by
        short trainings is the result. "smallest": the one with the fewest
        multiply-adds; "best": the best one itself.
      rescored_candidates: number of the best candidates that are scored on
        all validation images, or the whole validation text, before the best is
        chosen. The others are halved on the way, as minibatches are added. 0:
        none, as in the paper.
    """

    searcher: str = "ednas"
    searcher_settings: dict[str, object] = section(dict)
    space: Space = section(Space)
    network: Network = section(Network)
    language_model: LanguageModel = section(LanguageModel)
    optimizer: Optimizer = section(Optimizer)
    hours: float = number(0.0, at_least=0, at_most=10**5)
    epochs: int = number(300, at_least=1)
    batch_size: int = number(128, at_least=1, or_zero=True)
    child_steps: int = number(0, at_least=0)
    policy_steps: int = number(0, at_least=0)
    candidates: int = number(100, at_least=1)
    evidence: str = choice("shared", "short", "both")
    short: Short = section(Short)
    ties: str = choice("smallest", "best")
    rescored_candidates: int = number(0, at_least=0)


@dataclasses.dataclass
class Policy(Section):
    """Rewards, and how the policy vectors learn from them.

    They learn by REINFORCE with the optimizer Adam.

    Attributes:
      batch_size: number of images in a policy step, or of texts that are read
        side by side, over all devices: a reward is computed on them. Paper: 50
        on ImageNet; authors' code: 128 on CIFAR-10, 256 on Penn Treebank. 0:
        chosen to suit data and hardware.
      reward: the reward for images. "accuracy": the share of images that are
        classified correctly, as in the paper. "balanced_accuracy": the mean of
        the accuracies of all classes in the batch, for data with more images of
        some classes than of others. "log_likelihood": the mean log-likelihood
        of the images' classes in nats, which is at most 0.
      perplexity_reward: c in the reward for text, c / perplexity.
      context: number of words that an architecture reads before the words that
        it is scored on, for text. 0: none, so that it starts from a hidden
        state of zeros.
      learning_rate: Adam's learning rate. Paper: 3.5e-4 for images, 3e-3 for
        text. In a policy step an element of a policy vector moves by about this
        number at most: by 8.2 in 300 epochs on CIFAR-10, as in the paper, with
        128 images in a policy step, as in its authors' code. A shorter search
        needs a higher rate to settle. 0: the rate at which the policies of this
        search can move by 8.2, too; at least 3.5e-4 and at most 0.2.
      architectures: number of architectures that a policy step scores on the
        same minibatch. With several, each reward is compared with the mean of
        the others, in place of an average over earlier minibatches. Paper: 1
        (equation 4).
      beta_1: Adam's decay of the mean of gradients.
      beta_2: Adam's decay of the mean of squared gradients.
      weight_decay: factor of the policy vectors in the gradient of the L2
        penalty, which pulls them towards equal probabilities; 0 for no penalty.
      initial_stddev: standard deviation of the normal distribution from which
        the policy vectors are drawn at first. 0: all probabilities are equal at
        first.
      baseline_decay: weight of the previous average in the moving average of
        rewards that serves as the baseline.
      entropy_coefficient: weight of the entropy of all policy vectors, which is
        maximised together with the reward: a higher one delays their
        decisions. Equation 4 of the paper has no such term.
    """

    batch_size: int = number(128, at_least=1, or_zero=True)
    reward: str = choice("accuracy", "balanced_accuracy", "log_likelihood")
    perplexity_reward: float = number(80.0, above=0)
    context: int = number(0, at_least=0, at_most=10**4)
    learning_rate: float = number(3.5e-4, above=0, or_zero=True)
    architectures: int = number(1, at_least=1, at_most=1000)
    beta_1: float = number(0.5, at_least=0, below=1)
    beta_2: float = number(0.999, at_least=0, below=1)
    weight_decay: float = number(1e-3, at_least=0)
    initial_stddev: float = number(1e-3, at_least=0)
    baseline_decay: float = number(0.99, at_least=0, below=1)
    entropy_coefficient: float = number(0.0, at_least=0)
