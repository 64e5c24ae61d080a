"""Reads and writes architectures as the strings of NAS-Bench-201.

    |nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|

A plus sign separates the nodes. Each node lists its edges as operation~state,
between vertical bars; state 0 is the cell's input.
"""

import re

from ednas_tf.space import checks, nas_bench_201
from ednas_tf.space.genotype import Cell, Edge, Genotype

_SPACE = nas_bench_201.nas_bench_201()
_EDGE = re.compile(r"([A-Za-z_]\w{0,99})~([0-9]{1,3})", re.ASCII)
_FORM = "|OP~0|+|OP~0|OP~1|+|OP~0|OP~1|OP~2|"


def is_text(text: str) -> bool:
    """Whether this is meant to be such a string, whether valid or not."""
    return text.lstrip().startswith("|")


def read(text: str) -> Genotype:
    """Reads an architecture string.

    Raises:
      GenotypeError: the string is invalid, or of another space.
    """
    text = text.strip()
    nodes = text.split("+")
    checks.expect(
        "architecture string",
        len(nodes) == _SPACE.num_nodes,
        f"{_SPACE.num_nodes} nodes, as in {_FORM}",
        text,
    )
    read_nodes = tuple(_node(i, node.strip()) for i, node in enumerate(nodes))
    cell = Cell(read_nodes, _SPACE.output_states)
    genotype = Genotype(_SPACE.name, {"normal": cell})
    genotype.validate(_SPACE)
    return genotype


def _node(number, text):
    where = f"architecture string, node {number + 1}"
    bars = len(text) > 1 and text[0] == text[-1] == "|"
    checks.expect(where, bars, "edges between vertical bars", text)
    edges = []
    for part in text[1:-1].split("|"):
        match = _EDGE.fullmatch(part)
        checks.expect(where, match, "operation~state", part)
        checks.check_op(match[1], _SPACE.ops, where)
        edges.append(Edge(int(match[2]), match[1]))
    return tuple(edges)


def write(genotype: Genotype) -> str:
    """The string of an architecture.

    Raises:
      GenotypeError: the architecture is not one of NAS-Bench-201.
    """
    genotype.validate(_SPACE)
    nodes = []
    for node in genotype.cells["normal"].nodes:
        edges = sorted(node, key=lambda edge: edge.source)
        nodes.append("".join(f"|{e.op}~{e.source}" for e in edges) + "|")
    return "+".join(nodes)


def text_of(genotype: Genotype) -> str | None:
    """The string of an architecture; None if it has none."""
    try:
        return write(genotype)
    except checks.GenotypeError:
        return None
