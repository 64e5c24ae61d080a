"""Figures and graphs as pieces of a page that needs no other file."""

import base64
import dataclasses
import io
import re
from collections.abc import Sequence

import graphviz
import matplotlib

from ednas_tf.figures import cell_figure
from ednas_tf.space import genotype

#: What to say where cells cannot be drawn.
NO_GRAPHVIZ = (
    "Cells are not drawn, as the program dot was not found; install Graphviz "
    "(Debian: apt-get install graphviz) and write the report again."
)
_NOISE = re.compile(
    r"<!--.*?-->|<title>.*?</title>|<\?xml.*?\?>|<!DOCTYPE.*?>"
    r"| (?:id|class|xmlns:xlink|text-anchor)=\"[^\"]*\""
    r"| font-(?:family|size)=\"[^\"]*\"",
    re.DOTALL,
)
#: Places and sizes, never letters.
_NUMBERS = re.compile(r"=\"[^\"]*\"")
_DECIMALS = re.compile(r"(\d\.\d{1,2})\d+")


@dataclasses.dataclass(frozen=True)
class Picture:
    """One figure of a page.

    Attributes:
      source: a data: URL.
      told: what it shows, for who cannot see it.
      width: in pixels of the page at most.
    """

    source: str
    told: str
    width: int


def picture(figure, told: str) -> Picture:
    """A matplotlib figure as SVG, whose letters stay letters."""
    written = io.StringIO()
    # Drawn by the viewer's own letters: of half the size, and of any zoom.
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        figure.savefig(written, format="svg", metadata={"Date": None})
    svg = _rounded(written.getvalue()).encode()
    return Picture(
        "data:image/svg+xml;base64," + base64.b64encode(svg).decode(),
        told,
        round(96 * figure.get_figwidth()),
    )


def cells(
    described: Sequence[genotype.Genotype],
) -> list[dict[str, str]] | None:
    """All cells of some genotypes as <svg> elements, drawn by one process.

    Returns:
      Of each genotype, cell type -> element; None where Graphviz is missing or
      fails.
    """
    single = [
        genotype.Genotype(each.space, {cell_type: cell})
        for each in described
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
        for each in described
    ]


def _small(svg):
    """Without what only repeats; the page's style says the letters."""
    return _rounded(_NOISE.sub("", svg)).replace("\n", "")


def _rounded(svg):
    """Numbers to a tenth of a point: less cannot be seen."""
    return _NUMBERS.sub(lambda found: _DECIMALS.sub(r"\1", found[0]), svg)
