"""Cells as graphs, laid out by Graphviz."""

import pathlib

import graphviz

from ednas_tf import errors
from ednas_tf.analysis import op_names
from ednas_tf.figures import colours
from ednas_tf.space import genotype

FORMATS = (".svg", ".png", ".pdf")

#: Fillings of nodes, and the colour of edges that carry no operation.
_INPUT, _NODE, _OUTPUT, _PLAIN = "#d9e8f5", "#f5f5f5", "#fdf0d0", colours.PALE
_FONT = {"fontname": "Helvetica", "fontsize": "11"}


def draw(described: genotype.Genotype, file: pathlib.Path) -> None:
    """Writes a picture of all cells side by side.

    Args:
      described: the genotype.
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
        file.write_bytes(rendered(described, file.suffix[1:]))
    except OSError as error:
        raise errors.RequestError(
            f"{file}: cannot be written: {error.strerror}"
        ) from None


def rendered(described: genotype.Genotype, form: str) -> bytes:
    """The picture that `draw` writes, in the form "svg", "png" or "pdf".

    Raises:
      RequestError: Graphviz is missing, or fails.
    """
    try:
        return graph(described).pipe(format=form)
    except graphviz.ExecutableNotFound:
        raise errors.RequestError(
            "the program dot was not found; install Graphviz (Debian: "
            "apt-get install graphviz)"
        ) from None
    except graphviz.CalledProcessError as error:
        raise errors.RequestError(f"Graphviz failed: {error}") from None


def graph(described: genotype.Genotype) -> graphviz.Digraph:
    """A graph with a cluster a cell type: states, and edges by operation."""
    whole = graphviz.Digraph(
        graph_attr={"rankdir": "LR", "nodesep": "0.3", "ranksep": "0.9"},
        node_attr={"shape": "box", "style": "rounded,filled", **_FONT},
        edge_attr=_FONT,
    )
    add = {
        "convolutional": _add_convolutional,
        "recurrent": _add_recurrent,
    }[described.space]
    # From left to right, Graphviz puts what comes first at the bottom.
    for cell_type, cell in reversed(described.cells.items()):
        with whole.subgraph(name=f"cluster_{cell_type}") as part:
            part.attr(label=f"{cell_type} cell", color=_PLAIN, **_FONT)
            add(part, cell_type, cell)
    return whole


def _add_convolutional(part, cell_type, cell):
    for i, name in enumerate(("cell before last", "last cell")):
        part.node(f"{cell_type}_{i}", f"{i}\n{name}", fillcolor=_INPUT)
    _add_nodes(part, cell_type, cell.nodes, 2)
    _add_output(part, cell_type, cell.output, "output")


def _add_recurrent(part, cell_type, cell):
    for name, label in (("x", "x(t)"), ("h", "h(t - 1)")):
        part.node(f"{cell_type}_{name}", label, fillcolor=_INPUT)
        part.edge(f"{cell_type}_{name}", f"{cell_type}_0", color=_PLAIN)
    part.node(f"{cell_type}_0", "0\nfixed", fillcolor=_NODE)
    _add_nodes(part, cell_type, cell.nodes, 1)
    _add_output(part, cell_type, cell.output, "mean")
    part.node(f"{cell_type}_next", "h(t)", fillcolor=_OUTPUT)
    part.edge(f"{cell_type}_output", f"{cell_type}_next", color=_PLAIN)


def _add_nodes(part, cell_type, nodes, first):
    """Adds the nodes, which are the states from `first` on, and their edges."""
    for i, node in enumerate(nodes, first):
        part.node(f"{cell_type}_{i}", str(i), fillcolor=_NODE)
        for edge in node:
            colour = colours.colour(edge.op)
            part.edge(
                f"{cell_type}_{edge.source}",
                f"{cell_type}_{i}",
                # Even one that looks like a tag is a name.
                label=graphviz.escape(edge.op),
                color=colour,
                style="dashed" if op_names.is_large(edge.op) else "solid",
                fontcolor=colours.letters(edge.op),
            )


def _add_output(part, cell_type, output, label):
    name = f"{cell_type}_output"
    part.node(name, label, fillcolor=_OUTPUT)
    for state in output:
        part.edge(f"{cell_type}_{state}", name, color=_PLAIN)
