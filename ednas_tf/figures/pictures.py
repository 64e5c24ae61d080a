"""Figures and graphs in a form that a page can hold without other files."""

import base64
import dataclasses
import io
import re
from collections.abc import Sequence

import graphviz
import matplotlib

from ednas_tf.figures import cell_figure
from ednas_tf.space.genotype import Genotype

#: What a page says if its cells cannot be drawn.
NO_GRAPHVIZ = (
    "Cells are not drawn, as the program dot was not found or failed; install "
    "Graphviz (Debian: apt-get install graphviz) and write the report again."
)
#: What an SVG of Graphviz repeats for every element.
_NOISE = re.compile(
    r"<!--.*?-->|<title>.*?</title>|<\?xml.*?\?>|<!DOCTYPE.*?>"
    r"| (?:id|class|xmlns:xlink|text-anchor)=\"[^\"]*\""
    r"| font-(?:family|size)=\"[^\"]*\"",
    re.DOTALL,
)
#: Positions and sizes, but no text.
_NUMBERS = re.compile(r"=\"[^\"]*\"")
_DECIMALS = re.compile(r"(\d\.\d{1,2})\d+")


@dataclasses.dataclass(frozen=True)
class Picture:
    """One figure of a page.

    Attributes:
      source: the figure as a data: URL.
      alt: what the figure shows, in words.
      width: the width that the figure has on a wide page, in pixels.
    """

    source: str
    alt: str
    width: int


def picture(figure, alt: str) -> Picture:
    """A matplotlib figure as SVG, in which text stays text."""
    written = io.StringIO()
    # The browser draws the text: half the size, and sharp at any zoom.
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        figure.savefig(written, format="svg", metadata={"Date": None})
    svg = _rounded(written.getvalue()).encode()
    return Picture(
        "data:image/svg+xml;base64," + base64.b64encode(svg).decode(),
        alt,
        round(96 * figure.get_figwidth()),
    )


def cells(genotypes: Sequence[Genotype]) -> list[dict[str, str]] | None:
    """Draws all cells of some genotypes as <svg> elements, by one process.

    Returns:
      For each genotype its elements by cell type; None if Graphviz is missing
      or fails.
    """
    single = [
        Genotype(each.space, {cell_type: cell})
        for each in genotypes
        for cell_type, cell in each.cells.items()
    ]
    source = "\n".join(cell_figure.graph(each).source for each in single)
    try:
        drawn = graphviz.pipe("dot", "svg", source.encode()).decode()
    except (graphviz.ExecutableNotFound, graphviz.CalledProcessError):
        return None
    elements = iter(re.findall(r"<svg.*?</svg>", drawn, re.DOTALL))
    return [
        {cell_type: _small(next(elements)) for cell_type in each.cells}
        for each in genotypes
    ]


def _small(svg):
    """An element without repetitions; the page's style sheet has the font."""
    return _rounded(_NOISE.sub("", svg)).replace("\n", "")


def _rounded(svg):
    """Rounds numbers to a hundredth of a point: less cannot be seen."""
    return _NUMBERS.sub(lambda found: _DECIMALS.sub(r"\1", found[0]), svg)
