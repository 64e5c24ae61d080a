"""Convolutional cells as graphs, laid out by Graphviz."""

import pathlib

import graphviz

from ednas_tf import errors
from ednas_tf.space import genotype

_INPUTS = ("cell before last", "last cell")

FORMATS = (".svg", ".png", ".pdf")

#: The operations of a family have one colour (Okabe and Ito's, which a
#: colour-blind person can tell apart), as far as their names tell.
_COLOURS = {
    "sep": "#0072B2",
    "dil": "#009E73",
    "max": "#D55E00",
    "avg": "#E69F00",
    "skip": "#666666",
}
_FONT = {"fontname": "Helvetica", "fontsize": "11"}


def draw(described: genotype.Genotype, file: pathlib.Path) -> None:
    """Writes a picture of all cells side by side.

    Args:
      described: a convolutional genotype.
      file: its name ends in one of `FORMATS`; what is there is replaced.

    Raises:
      RequestError: the format is unknown, Graphviz is missing or the file
        cannot be written.
    """
    if file.suffix not in FORMATS:
        raise errors.RequestError(
            f"--output: expected a name that ends in one of "
            f"{', '.join(FORMATS)}, found {errors.shown(str(file))}"
        )
    try:
        file.write_bytes(graph(described).pipe(format=file.suffix[1:]))
    except graphviz.ExecutableNotFound:
        raise errors.RequestError(
            "the program dot was not found; install Graphviz (Debian: "
            "apt-get install graphviz)"
        ) from None
    except graphviz.CalledProcessError as error:
        raise errors.RequestError(f"Graphviz failed: {error}") from None
    except OSError as error:
        raise errors.RequestError(
            f"{file}: cannot be written: {error.strerror}"
        ) from None


def graph(described: genotype.Genotype) -> graphviz.Digraph:
    """A graph with a cluster a cell type: states, and edges by operation."""
    whole = graphviz.Digraph(
        graph_attr={"rankdir": "LR", "nodesep": "0.3", "ranksep": "0.9"},
        node_attr={"shape": "box", "style": "rounded,filled", **_FONT},
        edge_attr=_FONT,
    )
    for cell_type, cell in described.cells.items():
        with whole.subgraph(name=f"cluster_{cell_type}") as part:
            part.attr(label=f"{cell_type} cell", color="#bbbbbb", **_FONT)
            _add(part, cell_type, cell)
    return whole


def _add(part, cell_type, cell):
    for i, name in enumerate(_INPUTS):
        part.node(f"{cell_type}_{i}", f"{i}\n{name}", fillcolor="#d9e8f5")
    for i, node in enumerate(cell.nodes, len(_INPUTS)):
        part.node(f"{cell_type}_{i}", str(i), fillcolor="#f5f5f5")
        for edge in node:
            colour = _COLOURS.get(edge.op.split("_")[0], "#000000")
            part.edge(
                f"{cell_type}_{edge.source}",
                f"{cell_type}_{i}",
                label=edge.op,
                color=colour,
                fontcolor=colour,
            )
    output = f"{cell_type}_output"
    part.node(output, "output", fillcolor="#fdf0d0")
    for state in cell.output:
        part.edge(f"{cell_type}_{state}", output, color="#bbbbbb")
