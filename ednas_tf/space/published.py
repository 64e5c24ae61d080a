"""Published cells, by name.

Sources: Lee, Kim and Han, arXiv 1910.10397, Figures 6 to 8 (EDNAS); Liu,
Simonyan and Yang, arXiv 1806.09055 (DARTS, first and second order); Zoph et
al., arXiv 1707.07012 (NASNet-A); Real et al., arXiv 1802.01548 (AmoebaNet-A);
Pham et al., arXiv 1802.03268 (ENAS). The last three are given as the DARTS
authors write them.
"""

from ednas_tf.space.genotype import Cell, Edge, Genotype

#: Maps each name to the nodes and the output states of the normal cell, then
#: to those of the reduction cell. A node lists its edges as "operation state",
#: where states 0 and 1 are the cell's inputs and its nodes follow from 2 on.
_CONVOLUTIONAL = {
    "ednas_cifar10": (
        "sep_conv_3x3 0, dil_conv_3x3 1 | sep_conv_5x5 0, avg_pool_3x3 1 | "
        "sep_conv_5x5 0, sep_conv_5x5 3 | avg_pool_3x3 0, sep_conv_5x5 1",
        (2, 3, 4, 5),
        "skip_connect 0, avg_pool_3x3 1 | sep_conv_3x3 0, dil_conv_3x3 2 | "
        "max_pool_3x3 0, skip_connect 3 | sep_conv_5x5 0, skip_connect 4",
        (2, 3, 4, 5),
    ),
    "ednas_imagenet": (
        "sep_conv_5x5 0, dil_conv_5x5 1 | skip_connect 0, sep_conv_3x3 1 | "
        "max_pool_3x3 1, dil_conv_3x3 3 | sep_conv_5x5 1, max_pool_3x3 3",
        (2, 3, 4, 5),
        "sep_conv_5x5 0, sep_conv_3x3 1 | dil_conv_3x3 0, sep_conv_3x3 2 | "
        "sep_conv_3x3 0, avg_pool_3x3 2 | avg_pool_3x3 0, dil_conv_5x5 1",
        (2, 3, 4, 5),
    ),
    "darts_v1": (
        "sep_conv_3x3 1, sep_conv_3x3 0 | skip_connect 0, sep_conv_3x3 1 | "
        "skip_connect 0, sep_conv_3x3 1 | sep_conv_3x3 0, skip_connect 2",
        (2, 3, 4, 5),
        "max_pool_3x3 0, max_pool_3x3 1 | skip_connect 2, max_pool_3x3 0 | "
        "max_pool_3x3 0, skip_connect 2 | skip_connect 2, avg_pool_3x3 0",
        (2, 3, 4, 5),
    ),
    "darts_v2": (
        "sep_conv_3x3 0, sep_conv_3x3 1 | sep_conv_3x3 0, sep_conv_3x3 1 | "
        "sep_conv_3x3 1, skip_connect 0 | skip_connect 0, dil_conv_3x3 2",
        (2, 3, 4, 5),
        "max_pool_3x3 0, max_pool_3x3 1 | skip_connect 2, max_pool_3x3 1 | "
        "max_pool_3x3 0, skip_connect 2 | skip_connect 2, max_pool_3x3 1",
        (2, 3, 4, 5),
    ),
    "nasnet_a": (
        "sep_conv_5x5 1, sep_conv_3x3 0 | sep_conv_5x5 0, sep_conv_3x3 0 | "
        "avg_pool_3x3 1, skip_connect 0 | avg_pool_3x3 0, avg_pool_3x3 0 | "
        "sep_conv_3x3 1, skip_connect 1",
        (2, 3, 4, 5, 6),
        "sep_conv_5x5 1, sep_conv_7x7 0 | max_pool_3x3 1, sep_conv_7x7 0 | "
        "avg_pool_3x3 1, sep_conv_5x5 0 | skip_connect 3, avg_pool_3x3 2 | "
        "sep_conv_3x3 2, max_pool_3x3 1",
        (4, 5, 6),
    ),
    "amoebanet_a": (
        "avg_pool_3x3 0, max_pool_3x3 1 | sep_conv_3x3 0, sep_conv_5x5 2 | "
        "sep_conv_3x3 0, avg_pool_3x3 3 | sep_conv_3x3 1, skip_connect 1 | "
        "skip_connect 0, avg_pool_3x3 1",
        (4, 5, 6),
        "avg_pool_3x3 0, sep_conv_3x3 1 | max_pool_3x3 0, sep_conv_7x7 2 | "
        "sep_conv_7x7 0, avg_pool_3x3 1 | max_pool_3x3 0, max_pool_3x3 1 | "
        "conv_7x1_1x7 0, sep_conv_3x3 5",
        (3, 4, 6),
    ),
}

#: The same for recurrent cells: nodes and output. State 0 is the fixed node;
#: the searched nodes follow from 1 on.
_RECURRENT = {
    "ednas_ptb": (
        "identity 0 | tanh 1 | relu 1 | tanh 2 | relu 4 | relu 3 | "
        "sigmoid 4 | tanh 7",
        (1, 2, 3, 4, 5, 6, 7, 8),
    ),
    "darts_v1_rnn": (
        "relu 0 | relu 1 | tanh 2 | relu 3 | relu 4 | identity 1 | relu 5 | "
        "relu 1",
        (1, 2, 3, 4, 5, 6, 7, 8),
    ),
    "darts_v2_rnn": (
        "sigmoid 0 | relu 1 | relu 1 | identity 1 | tanh 2 | sigmoid 5 | "
        "tanh 3 | relu 5",
        (1, 2, 3, 4, 5, 6, 7, 8),
    ),
    "enas_rnn": (
        "tanh 0 | tanh 1 | relu 1 | tanh 3 | tanh 3 | relu 3 | relu 4 | "
        "relu 7 | relu 8 | relu 8 | relu 8",
        (2, 5, 6, 9, 10, 11),
    ),
}

#: All names, sorted.
NAMES = tuple(sorted({**_CONVOLUTIONAL, **_RECURRENT}))


def names(space: str) -> tuple[str, ...]:
    """The names of the architectures in this space, sorted."""
    return tuple(name for name in NAMES if published(name).space == space)


def published(name: str) -> Genotype | None:
    """The architecture published under `name`, or None if there is none."""
    if name in _RECURRENT:
        cells = {"recurrent": _cell(*_RECURRENT[name])}
        return Genotype("recurrent", cells)
    if name in _CONVOLUTIONAL:
        nodes = _CONVOLUTIONAL[name]
        cells = {"normal": _cell(*nodes[:2]), "reduction": _cell(*nodes[2:])}
        return Genotype("convolutional", cells)
    return None


def _cell(nodes, output):
    return Cell(_nodes(nodes), output)


def _nodes(text):
    return tuple(
        tuple(_edge(edge) for edge in node.split(","))
        for node in text.split("|")
    )


def _edge(text):
    op, source = text.split()
    return Edge(int(source), op)
