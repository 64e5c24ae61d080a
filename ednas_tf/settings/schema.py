"""All settings, with their defaults.

A default here holds for every data set; what a data set needs otherwise
stands in its file in `configs/`. Paper settings: section 4.1.1.
"""

import dataclasses
import hashlib
import json

from ednas_tf import registry
from ednas_tf.settings.fields import (
    Section,
    choice,
    number,
    registered,
    section,
)
from ednas_tf.space import cell_space


@dataclasses.dataclass
class Data(Section):
    """The images, or the text.

    Sizes of 0 are chosen for the data and the machine, see `image_sizes`; the
    run's own settings hold what was chosen.

    Attributes:
      name: a data set of `ednas_tf.data`.
      validation_images: training images kept apart for the policy steps; a
        seeded shuffle chooses them. 0: chosen.
      image_size: height and width that images in files are given. 0: up to 64
        pixels those of most of them, or their median; else 224.
      test_share: of the images of each class, where no test images are chosen.
      unknown_words: what a word of another split is that the training text
        does not have: an "error", or "unk", the word <unk>.
    """

    name: str = "digits"
    validation_images: int = number(287, at_least=1, or_zero=True)
    image_size: int = number(0, at_least=0, at_most=2048)
    test_share: float = number(0.2, above=0, below=1)
    unknown_words: str = choice("error", "unk")

    def plain_name(self) -> str:
        """The name for paths and addresses, where these signs would part it."""
        return self.name.replace(":", "_").replace("/", "_")


@dataclasses.dataclass
class Space(Section):
    """The cell space.

    Attributes:
      name: a space of `ednas_tf.space`; empty: the usual one of the task.
      nodes: number of searched nodes of a cell; 0: the space's default.
      ops: names of the operations that an edge can carry; empty: the space's
        default.
    """

    name: str = ""
    nodes: int = number(0, at_least=0, at_most=cell_space.MOST_NODES)
    ops: tuple[str, ...] = ()


@dataclasses.dataclass
class Network(Section):
    """Depth and width.

    Attributes:
      cells: in the stack, reduction cells among them; 0: chosen.
      channels: of a node of the first cells; 0: chosen.
      stem: what comes before the cells: "cifar" keeps the image's size,
        "imagenet" leaves an eighth of it; "auto" is the first for images of up
        to 64 pixels, else the second.
    """

    cells: int = number(8, at_least=3, at_most=100, or_zero=True)
    channels: int = number(16, at_least=2, at_most=1024, or_zero=True)
    stem: str = choice("cifar", "imagenet", "auto")


@dataclasses.dataclass
class LanguageModel(Section):
    """A recurrent network that predicts words, and how it reads its text.

    For the task "language_modelling", in place of `Network`. Dropped are the
    same elements in all steps of a window (Gal and Ghahramani, 2016).

    Attributes:
      hidden: length of the hidden state and of a word's embedding.
      output_dropout: of what the cell gives to the decoder.
      hidden_dropout: of states where a weight matrix of the cell meets them.
      input_dropout: of the words' embeddings, for each cell.
      embedding_dropout: of the words' embeddings, before that.
      word_dropout: share of the vocabulary whose embeddings are zero.
      bptt: words of a window, through which gradients flow.
      short_share: of windows that aim at half of it.
      bptt_stddev: of a window's length.
      slowness: weight in the loss of the mean squared difference of the
        outputs of successive steps (Merity et al., 2017).
    """

    hidden: int = number(300, at_least=1, at_most=10**4)
    output_dropout: float = number(0.75, at_least=0, below=1)
    hidden_dropout: float = number(0.25, at_least=0, below=1)
    input_dropout: float = number(0.75, at_least=0, below=1)
    embedding_dropout: float = number(0.2, at_least=0, below=1)
    word_dropout: float = number(0.0, at_least=0, below=1)
    bptt: int = number(35, at_least=1, at_most=10**4)
    short_share: float = number(0.05, at_least=0, at_most=1)
    bptt_stddev: float = number(0.0, at_least=0)
    slowness: float = number(1e-3, at_least=0)


@dataclasses.dataclass
class Optimizer(Section):
    """SGD with momentum.

    Attributes:
      learning_rate: at the first step, or after the warm-up.
      schedule: "cosine" falls to the final learning rate; "step" divides by
        10 every so many epochs; "constant" stays.
      final_learning_rate: of the cosine, after the last step.
      decay_epochs: of the schedule "step".
      warmup_epochs: over which the learning rate first rises from 0.
      momentum: 0 for none.
      nesterov: whether momentum looks ahead.
      weight_decay: coefficient of the L2 penalty's gradient.
      clip_norm: largest global norm of a gradient, 0 for any; the penalty
        does not count.
    """

    learning_rate: float = number(0.05, above=0)
    schedule: str = choice("cosine", "step", "constant")
    final_learning_rate: float = number(0.001, at_least=0)
    decay_epochs: int = number(10, at_least=1)
    warmup_epochs: int = number(0, at_least=0)
    momentum: float = number(0.9, at_least=0, below=1)
    nesterov: bool = True
    weight_decay: float = number(3e-4, at_least=0)
    clip_norm: float = number(5.0, at_least=0)


@dataclasses.dataclass
class Search(Section):
    """The search.

    Attributes:
      searcher: a searcher of `ednas_tf.searchers`.
      searcher_settings: the settings that this searcher alone has, by name;
        see `searchers.registered`. The paper's searcher has none: its
        settings are the section `policy`.
      space, network, language_model, optimizer: of the supernet.
      epochs: child steps followed by policy steps, so many times.
      batch_size: images, or texts read side by side, of a child step, over
        all replicas; 0: chosen, for images.
      child_steps: an epoch; 0 for one pass over the training images.
      policy_steps: an epoch; 0 for one pass over the validation images.
      candidates: architectures sampled from the last policies to choose from.
      rescored_candidates: so many of the best are scored once more, on all
        validation images; 0 for none, as in the paper.
    """

    searcher: str = "ednas"
    searcher_settings: dict[str, object] = section(dict)
    space: Space = section(Space)
    network: Network = section(Network)
    language_model: LanguageModel = section(LanguageModel)
    optimizer: Optimizer = section(Optimizer)
    epochs: int = number(300, at_least=1)
    batch_size: int = number(128, at_least=1, or_zero=True)
    child_steps: int = number(0, at_least=0)
    policy_steps: int = number(0, at_least=0)
    candidates: int = number(100, at_least=1)
    rescored_candidates: int = number(0, at_least=0)


@dataclasses.dataclass
class Policy(Section):
    """The policy vectors and how they learn: REINFORCE with Adam.

    Attributes:
      batch_size: images, or texts, that a reward is taken on, over all
        replicas; 0: chosen, for images.
      reward: for the task "image_classification", the "accuracy"; or the
        "balanced_accuracy", the mean of the accuracies of all classes among
        the images, for data with more of some classes than of others.
      perplexity_reward: what is divided by the perplexity to give the reward,
        for the task "language_modelling".
      context: words that an architecture reads before those that it is scored
        on, for the same task.
      learning_rate, beta_1, beta_2: Adam's.
      weight_decay: coefficient of the L2 penalty's gradient; pulls the
        policies towards the uniform one.
      initial_stddev: of the normal distribution that the vectors start from.
      baseline_decay: weight of the past in the moving average of rewards.
      entropy_coefficient: weight of the entropy in the loss; 0 in the paper.
    """

    batch_size: int = number(128, at_least=1, or_zero=True)
    reward: str = choice("accuracy", "balanced_accuracy")
    perplexity_reward: float = number(80.0, above=0)
    context: int = number(0, at_least=0, at_most=10**4)
    learning_rate: float = number(3.5e-4, above=0)
    beta_1: float = number(0.5, at_least=0, below=1)
    beta_2: float = number(0.999, at_least=0, below=1)
    weight_decay: float = number(1e-3, at_least=0)
    initial_stddev: float = number(1e-3, at_least=0)
    baseline_decay: float = number(0.99, at_least=0, below=1)
    entropy_coefficient: float = number(0.0, at_least=0)


def _train_network():
    return Network(cells=20, channels=36)


def _train_optimizer():
    return Optimizer(
        learning_rate=0.025, final_learning_rate=0.0, nesterov=False
    )


def _train_language_model():
    return LanguageModel(hidden=850, word_dropout=0.1, bptt_stddev=5.0)


@dataclasses.dataclass
class Augmentation(Section):
    """Changes of training images, in this order.

    Attributes:
      crop, flip: whether the images are, if the data set allows for it.
      colour: brightness, contrast and saturation change by up to so much,
        where the data set allows for it.
      policy: "auto_augment" (Cubuk et al., 2019) or "rand_augment" (Cubuk et
        al., 2020), for images of three channels.
      auto_augment: name of the learnt policy.
      rand_augment_layers: operations an image.
      rand_augment_magnitude: their strength, 10 being the most.
      cutout: side of the square that is blanked in an image (DeVries and
        Taylor, 2017), in pixels; 0 for none.
    """

    crop: bool = True
    flip: bool = True
    colour: float = number(0.4, at_least=0, at_most=1)
    policy: str = choice("none", "auto_augment", "rand_augment")
    auto_augment: str = choice("reduced_cifar10", "svhn", "reduced_imagenet")
    rand_augment_layers: int = number(2, at_least=1, at_most=10)
    rand_augment_magnitude: float = number(5.0, at_least=0, at_most=10)
    cutout: int = number(16, at_least=0)


@dataclasses.dataclass
class Train(Section):
    """Training of a derived network.

    Attributes:
      network, language_model, optimizer, augmentation: of the derived
        network.
      epochs: passes over the training images, those that the search keeps for
        validation included.
      batch_size: images, or texts, of a step, over all replicas; 0: chosen,
        for images.
      steps: an epoch; 0 for one pass over the images, or the text.
      validation_images: training images kept apart, on which the network is
        evaluated after every epoch; the best is then tested. 0: the last is.
      drop_path: probability that an edge's output is dropped for an image,
        at the last step; it rises linearly from 0.
      auxiliary_weight: of the loss of the auxiliary head; 0: there is none.
      label_smoothing: share of the target that all classes have in common.
      ema_decay: of an exponential moving average of the weights, which is
        then tested; 0 for none.
      nonmonotone_checks: the mean of the weights of all steps is tested, from
        the epoch on whose validation is no better than that of so many epochs
        before or earlier (Merity et al., 2017); 0 for no mean.
      validation_streams: parts of equal length that a validation text is read
        in, side by side, after every epoch.
      precision: "mixed_bfloat16" computes in 16 bits and keeps the weights,
        the statistics and the loss in 32.
    """

    network: Network = section(_train_network)
    language_model: LanguageModel = section(_train_language_model)
    optimizer: Optimizer = section(_train_optimizer)
    augmentation: Augmentation = section(Augmentation)
    epochs: int = number(600, at_least=1)
    batch_size: int = number(128, at_least=1, or_zero=True)
    steps: int = number(0, at_least=0)
    validation_images: int = number(0, at_least=0)
    drop_path: float = number(0.2, at_least=0, below=1)
    auxiliary_weight: float = number(0.4, at_least=0)
    label_smoothing: float = number(0.0, at_least=0, below=1)
    ema_decay: float = number(0.0, at_least=0, below=1)
    nonmonotone_checks: int = number(0, at_least=0)
    validation_streams: int = number(10, at_least=1)
    precision: str = choice("float32", "mixed_bfloat16")


@dataclasses.dataclass
class Runtime(Section):
    """Where and how a run is computed; may change from start to start.

    Results are the same but for rounding, unless sizes are left to be chosen
    for the devices, or a recurrent search has another number of them.

    Attributes:
      data_dir: folder with prepared data; empty for the data set's own place.
      download: whether the data may be fetched.
      broken_images_allowed: so many images that cannot be decoded are left out;
        one more fails the run.
      distribution_strategy: "one_device"; "mirrored" over all devices;
        "multi_worker_mirrored" over those of all processes in TF_CONFIG; or
        "tpu", of this host or named by TPU_NAME.
      deterministic: whether TensorFlow's operations must give the same bits
        in every run.
      xla: whether XLA compiles the network that is trained.
      steps_per_log: steps in one call of the compiled loop.
      checkpoint_steps: a checkpoint is also saved within an epoch, at the end
        of the call that makes it so many steps since the last one; 0: only
        after every epoch.
      checkpoints_kept: the last so many.
      plugins: the plugins that the run was begun with: name -> digest of the
        source. Set by --plugin alone; a file that names others is refused.
      figures_every: TensorBoard is given pictures of the policies at most
        every so many epochs of a search, and at its end; 0: never. They leave
        themselves out where they would take more than 2 % of the time.
    """

    data_dir: str = ""
    download: bool = False
    broken_images_allowed: int = number(10, at_least=0)
    distribution_strategy: str = choice(
        "one_device", "mirrored", "multi_worker_mirrored", "tpu"
    )
    deterministic: bool = False
    xla: bool = False
    steps_per_log: int = number(20, at_least=1)
    checkpoint_steps: int = number(0, at_least=0)
    checkpoints_kept: int = number(3, at_least=1)
    plugins: dict[str, object] = section(dict)
    figures_every: int = number(10, at_least=0)


@dataclasses.dataclass
class Settings(Section):
    """Everything that a run depends on.

    Attributes:
      seed: of all that is random.
      task: what a network is for, a task of `ednas_tf.tasks`.
      data, search, policy, train, runtime: the sections.
    """

    seed: int = number(0, at_least=0, below=2**31)
    task: str = registered(registry.TASKS, "image_classification")
    data: Data = section(Data)
    search: Search = section(Search)
    policy: Policy = section(Policy)
    train: Train = section(Train)
    runtime: Runtime = section(Runtime)

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits of all settings but the runtime's."""
        decisive = self.as_dict()
        del decisive["runtime"]
        text = json.dumps(decisive, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def leaves_sizes(settings: Section) -> bool:
    """Whether sizes are left to be chosen."""
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            if leaves_sizes(value):
                return True
        elif value == 0 and field.metadata.get("or_zero"):
            return True
    return False


def adopt_sizes(settings: Section, chosen: Section):
    """Gives sizes that are left to be chosen those of other settings.

    Args:
      settings: changed.
      chosen: of the same class.
    """
    for field in dataclasses.fields(settings):
        mine, other = (getattr(x, field.name) for x in (settings, chosen))
        if dataclasses.is_dataclass(mine):
            adopt_sizes(mine, other)
        elif mine == 0 and field.metadata.get("or_zero"):
            setattr(settings, field.name, other)
