"""Figures and graphs in a form that a page can hold without other files."""

import base64
import dataclasses
import io
import re
from collections.abc import Sequence

import matplotlib

from ednas_tf.figures import cell_figure, cell_layout
from ednas_tf.space.genotype import Genotype

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
      narrow: the figure for a narrow page; empty if it is the same one.
    """

    source: str
    alt: str
    width: int
    narrow: str = ""


def picture(figure, alt: str, narrow=None) -> Picture:
    """A matplotlib figure as SVG, in which text stays text.

    Args:
      figure: the figure.
      alt: what it shows, in words.
      narrow: the figure for a narrow page, if it is another one.
    """
    return Picture(
        _address(figure),
        alt,
        round(96 * figure.get_figwidth()),
        _address(narrow) if narrow else "",
    )


def _address(figure):
    """A figure as a data: URL."""
    written = io.StringIO()
    # The browser draws the text: half the size, and sharp at any zoom.
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        figure.savefig(written, format="svg", metadata={"Date": None})
    svg = _rounded(written.getvalue()).encode()
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()


def cells(genotypes: Sequence[Genotype]) -> list[dict[str, str]]:
    """Draws all cells of some genotypes as <svg> elements.

    Returns:
      For each genotype its elements by cell type.
    """
    return [
        {
            cell_type: cell_figure.svg(cell_layout.cell(each, cell_type))
            for cell_type in each.cells
        }
        for each in genotypes
    ]


def _rounded(svg):
    """Rounds numbers to a hundredth of a point: less cannot be seen."""
    return _NUMBERS.sub(lambda found: _DECIMALS.sub(r"\1", found[0]), svg)
