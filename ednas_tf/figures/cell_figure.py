"""Cells as graphs, laid out by Graphviz."""

import pathlib

import graphviz

from ednas_tf import errors
from ednas_tf.analysis import op_names
from ednas_tf.figures import colours
from ednas_tf.space import spaces
from ednas_tf.space.genotype import Genotype

FORMATS = (".svg", ".png", ".pdf")

#: The fillings of nodes, and the colour of edges without an operation.
_INPUT, _NODE, _OUTPUT, _PLAIN = "#d9e8f5", "#f5f5f5", "#fdf0d0", colours.PALE
_FONT = {"fontname": "Helvetica", "fontsize": "11"}
#: What an input of a cell on images is, counted from the last input.
_INPUTS = {1: "last cell", 2: "cell before last"}


def draw(genotype: Genotype, file: pathlib.Path) -> None:
    """Writes a picture of all cells of a genotype.

    Args:
      genotype: the architecture.
      file: the picture, whose name ends in one of `FORMATS`; an existing file
        is replaced.

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
        file.write_bytes(rendered(genotype, file.suffix[1:]))
    except OSError as error:
        raise errors.RequestError(
            f"{file}: cannot be written: {error.strerror}; choose another "
            "--output"
        ) from None


def rendered(genotype: Genotype, form: str) -> bytes:
    """The picture that `draw` writes, as "svg", "png" or "pdf".

    Raises:
      RequestError: Graphviz is missing, or fails.
    """
    try:
        return graph(genotype).pipe(format=form)
    except graphviz.ExecutableNotFound:
        raise errors.RequestError(
            "the program dot was not found; install Graphviz (Debian: "
            "apt-get install graphviz)"
        ) from None
    except graphviz.CalledProcessError as error:
        raise errors.RequestError(f"Graphviz failed: {error}") from None


def graph(genotype: Genotype) -> graphviz.Digraph:
    """A graph with a cluster for each cell, and an operation on each edge."""
    whole = graphviz.Digraph(
        graph_attr={"rankdir": "LR", "nodesep": "0.3", "ranksep": "0.9"},
        node_attr={"shape": "box", "style": "rounded,filled", **_FONT},
        edge_attr=_FONT,
    )
    space = spaces.default(genotype.space)
    add = {
        "convolutional": _add_convolutional,
        "recurrent": _add_recurrent,
    }[space.family]
    # From left to right, Graphviz puts what comes first at the bottom.
    for cell_type, cell in reversed(genotype.cells.items()):
        with whole.subgraph(name=f"cluster_{cell_type}") as part:
            part.attr(label=f"{cell_type} cell", color=_PLAIN, **_FONT)
            add(part, cell_type, cell, space.num_inputs)
    return whole


def _add_convolutional(part, cell_type, cell, num_inputs):
    for i in range(num_inputs):
        name = _INPUTS.get(num_inputs - i, f"{num_inputs - i} cells before")
        part.node(f"{cell_type}_{i}", f"{i}\n{name}", fillcolor=_INPUT)
    _add_nodes(part, cell_type, cell.nodes, num_inputs)
    _add_output(part, cell_type, cell.output, "output")


def _add_recurrent(part, cell_type, cell, num_inputs):
    for name, label in (("x", "x(t)"), ("h", "h(t - 1)")):
        part.node(f"{cell_type}_{name}", label, fillcolor=_INPUT)
        part.edge(f"{cell_type}_{name}", f"{cell_type}_0", color=_PLAIN)
    part.node(f"{cell_type}_0", "0\nfixed", fillcolor=_NODE)
    _add_nodes(part, cell_type, cell.nodes, num_inputs)
    _add_output(part, cell_type, cell.output, "mean")
    part.node(f"{cell_type}_next", "h(t)", fillcolor=_OUTPUT)
    part.edge(f"{cell_type}_output", f"{cell_type}_next", color=_PLAIN)


def _add_nodes(part, cell_type, nodes, first):
    """Adds nodes, whose states are numbered from `first` on, and edges."""
    for i, node in enumerate(nodes, first):
        part.node(f"{cell_type}_{i}", str(i), fillcolor=_NODE)
        for edge in node:
            part.edge(
                f"{cell_type}_{edge.source}",
                f"{cell_type}_{i}",
                # A name that looks like markup is still a name.
                label=graphviz.escape(edge.op),
                color=colours.colour(edge.op),
                style="dashed" if op_names.is_large(edge.op) else "solid",
                fontcolor=colours.letters(edge.op),
            )


def _add_output(part, cell_type, output, label):
    name = f"{cell_type}_output"
    part.node(name, label, fillcolor=_OUTPUT)
    for state in output:
        part.edge(f"{cell_type}_{state}", name, color=_PLAIN)
