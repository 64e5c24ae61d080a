"""Settings of a training: the section `train`."""

import dataclasses

from ednas_tf.settings.fields import Section, choice, number, section
from ednas_tf.settings.network_settings import LanguageModel, Network, Optimizer


@dataclasses.dataclass
class Augmentation(Section):
    """Random changes of training images, in the order of the attributes.

    Attributes:
      crop: whether images are cropped at random, if the data set allows it.
      flip: whether images are mirrored at random, if the data set allows it.
      colour: strength of random changes of brightness, contrast and saturation,
        if the data set allows it: each changes by up to this share. 0 for none.
      policy: the augmentation policy, for images of three channels:
        "auto_augment" (Cubuk et al., 2019) or "rand_augment" (Cubuk et al.,
        2020).
      auto_augment: name of the learnt policy, for "auto_augment".
      rand_augment_layers: number of operations that are applied to an image,
        for "rand_augment".
      rand_augment_magnitude: strength of these operations, from 0 to 10.
      cutout: side of the square that is blanked in each image (DeVries and
        Taylor, 2017), in pixels; 0 for none. The paper uses cutout on CIFAR-10;
        16 is the usual size there.
    """

    crop: bool = True
    flip: bool = True
    colour: float = number(0.4, at_least=0, at_most=1)
    policy: str = choice("none", "auto_augment", "rand_augment")
    auto_augment: str = choice("reduced_cifar10", "svhn", "reduced_imagenet")
    rand_augment_layers: int = number(2, at_least=1, at_most=10)
    rand_augment_magnitude: float = number(5.0, at_least=0, at_most=10)
    cutout: int = number(16, at_least=0)


def _network():
    return Network(cells=20, channels=36)


def _optimizer():
    return Optimizer(
        learning_rate=0.025, final_learning_rate=0.0, nesterov=False
    )


def _language_model():
    return LanguageModel(hidden=850, word_dropout=0.1, bptt_stddev=5.0)


@dataclasses.dataclass
class Train(Section):
    """The training of a derived network.

    Attributes:
      network: depth, width and stem of the network, for images.
      language_model: the network for text, in place of `network`.
      optimizer: the optimizer of its weights.
      augmentation: random changes of training images.
      hours: the time that the training may take, in hours. `epochs`, and
        `steps` if there is not even time for a pass over the data, are then
        chosen to fit, whatever they are set to. 0: no limit.
      epochs: number of epochs. Paper: 600 on CIFAR-10, 250 on ImageNet, 1600 on
        Penn Treebank.
      batch_size: number of images in a step, or of texts that are read side by
        side, over all devices. Paper: 128 on CIFAR-10, 200 on ImageNet, 64 on
        Penn Treebank. 0: chosen to suit data and hardware.
      steps: number of steps in an epoch. 0: one pass over all training images,
        those included that the search kept for validation, or over the
        training text.
      validation_images: number of training images that are kept out of the
        training. After each epoch the network is evaluated on them, and the
        weights of the best epoch are tested. 0: none, and the weights of the
        last epoch are tested. The paper does not say which it tests.
      drop_path: probability at the last step that the output of an edge is
        dropped for an image; it rises linearly from 0 at the first step. 0 for
        no drop path.
      auxiliary_weight: weight of the auxiliary head's loss. 0: there is no
        auxiliary head. The paper has one for images; 0.4 is the authors'
        code's.
      label_smoothing: share of the target distribution that is spread evenly
        over all classes; 0 for none.
      ema_decay: decay of an exponential moving average of the weights, which is
        evaluated and tested in place of the weights. 0: no such average.
      nonmonotone_checks: averaged SGD with the non-monotone trigger (Merity et
        al., 2017). Once validation after an epoch is worse than it was after
        the best epoch more than this number of epochs back, the mean of the
        weights of all later steps is evaluated and tested in place of the
        weights. 0: no such mean. Paper: averaged SGD on Penn Treebank, no
        trigger named; authors' code: 5.
      validation_streams: number of parts of equal length that the validation
        text is read in, side by side, after an epoch: more is faster, but the
        first words of a part lack their context. The result itself reads a text
        as one.
      precision: "float32", or "mixed_bfloat16": computes in 16 bits, and keeps
        weights, statistics and loss in 32 bits. For images.
    """

    network: Network = section(_network)
    language_model: LanguageModel = section(_language_model)
    optimizer: Optimizer = section(_optimizer)
    augmentation: Augmentation = section(Augmentation)
    hours: float = number(0.0, at_least=0, at_most=10**5)
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
