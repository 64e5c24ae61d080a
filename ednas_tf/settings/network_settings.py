"""Settings that a search and a training both have: space, network, optimizer.

The defaults here are those of a search; those of a training are in
`train_settings`.
"""

import dataclasses

from ednas_tf.settings.fields import Section, choice, number
from ednas_tf.space import cell_space


@dataclasses.dataclass
class Space(Section):
    """The space of the cells that are searched.

    Attributes:
      name: name of a space in `ednas_tf/space/`. Empty: the task's own,
        "convolutional" for images and "recurrent" for text.
      nodes: number of searched nodes of a cell. 0: the default of the space (4
        in convolutional cells, 8 in recurrent ones, as in the paper).
      ops: names of the operations that an edge can carry, such as
        [skip_connect, sep_conv_3x3]. Empty: the default of the space, which is
        the paper's list.
    """

    name: str = ""
    nodes: int = number(0, at_least=0, at_most=cell_space.MOST_NODES)
    ops: tuple[str, ...] = ()


@dataclasses.dataclass
class Network(Section):
    """Depth, width and stem of a network for images.

    Attributes:
      cells: number of cells, reduction cells included. Paper: on CIFAR-10
        8 in the search and 20 in the training, on ImageNet 14 in the training;
        authors' code: 8 in the search on ImageNet. 0: chosen to suit images and
        hardware.
      channels: number of channels of a node of the first cells; each reduction
        cell doubles it. Authors' code, CIFAR-10: 16 in the search, 36 in the
        training; ImageNet: 48 in both. 0: chosen to suit images and hardware.
      stem: the layers before the first cell. "cifar" keeps height and width of
        the images, "imagenet" divides both by 8. "auto" is "cifar" for images
        of at most 64 x 64 pixels, and else "imagenet".
    """

    cells: int = number(8, at_least=3, at_most=100, or_zero=True)
    channels: int = number(16, at_least=2, at_most=1024, or_zero=True)
    stem: str = choice("cifar", "imagenet", "auto")


@dataclasses.dataclass
class LanguageModel(Section):
    """A recurrent network for text, and how it reads its text.

    It takes the place of `Network` in the task "language_modelling". Each
    dropout is a probability, and 0 turns it off. The same dropout mask is used
    throughout a window (Gal and Ghahramani, 2016).

    Attributes:
      hidden: length of the hidden state and of a word's embedding. Paper: 300
        in the search, and embeddings of 850 in the training; authors' code: 850
        for both in the training.
      output_dropout: dropout of the hidden states that the decoder reads.
        Paper: 0.75.
      hidden_dropout: dropout of the states of nodes where they meet a weight
        matrix of the cell.
      input_dropout: dropout of the embeddings where they enter the cell.
      embedding_dropout: another dropout of the embeddings, before
        `input_dropout`.
      word_dropout: probability that a word of the vocabulary is dropped: its
        embedding is zero at all its places in the window.
      bptt: number of words in a window; gradients flow through one window.
      short_share: probability that a window has half of that length.
      bptt_stddev: standard deviation of the length of windows, in words; 0 for
        windows of equal length.
      slowness: weight in the loss of the mean squared difference between the
        cell's outputs for successive words (Merity et al., 2017); 0 for none.
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
    """The optimizer of a network's weights: SGD with momentum.

    Attributes:
      learning_rate: the learning rate at the first step, or at the end of the
        warm-up. Paper, CIFAR-10: 0.05 in the search, 0.025 in the training;
        ImageNet: 0.05 and 0.1; Penn Treebank: 20 in both.
      schedule: how the learning rate changes: "cosine" falls to
        `final_learning_rate` over the whole run; "step" divides it by 10 every
        `decay_epochs` epochs; "constant" keeps it.
      final_learning_rate: the learning rate after the last step, for the
        schedule "cosine".
      decay_epochs: number of epochs between two divisions, for the schedule
        "step". Paper, ImageNet: 10 in the search.
      warmup_epochs: number of epochs over which the learning rate first rises
        from 0, in proportion to the steps; 0 for none.
      momentum: momentum of SGD; 0 for none.
      nesterov: whether it is Nesterov's momentum. Paper: true in the search on
        CIFAR-10, false in the training there and in the search on ImageNet.
      weight_decay: factor of the weights in the gradient of the L2 penalty; 0
        for no penalty.
      clip_norm: largest global norm of the gradient of the loss, without the
        penalty: a larger gradient is scaled down to it. 0 for no limit.
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
