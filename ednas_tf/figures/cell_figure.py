"""Pictures of cells: as SVG without any package, else by matplotlib."""

import html
import io
import pathlib

from ednas_tf import errors
from ednas_tf.figures import cell_layout
from ednas_tf.figures.cell_layout import FONT, Box, Line, Picture, Polygon
from ednas_tf.space.genotype import Genotype

FORMATS = (".svg", ".png", ".pdf")
_FONTS = "Liberation Sans, Arial, Helvetica, sans-serif"
#: Pixels of an SVG in an inch; a picture of pixels is so many times as large.
_PER_INCH, _SCALE = 96, 2


def draw(genotype: Genotype, file: pathlib.Path) -> None:
    """Writes a picture of all cells of a genotype, side by side.

    Args:
      genotype: the architecture.
      file: the picture, whose name ends in one of `FORMATS`; an existing file
        is replaced.

    Raises:
      RequestError: the format is unknown, or the file cannot be written.
    """
    if file.suffix not in FORMATS:
        raise errors.RequestError(
            f"--output: expected a name that ends in one of "
            f"{', '.join(FORMATS)}, found {errors.shown(str(file))}"
        )
    cells = [cell_layout.cell(genotype, name) for name in genotype.cells]
    whole = cell_layout.side_by_side(cells)
    try:
        if file.suffix == ".svg":
            file.write_text(f"{svg(whole)}\n")
        else:
            file.write_bytes(rendered(whole, file.suffix[1:]))
    except OSError as error:
        raise errors.RequestError(
            f"{file}: cannot be written: {error.strerror}; choose another "
            "--output"
        ) from None


def svg(picture: Picture) -> str:
    """The picture as an <svg> element."""
    size = f"{picture.width:.0f}", f"{picture.height:.0f}"
    return "".join(
        (
            '<svg xmlns="http://www.w3.org/2000/svg" ',
            f'width="{size[0]}" height="{size[1]}" ',
            f'viewBox="0 0 {size[0]} {size[1]}" ',
            f'font-family="{_FONTS}" font-size="{FONT}">',
            '<rect width="100%" height="100%" fill="#ffffff"/>',
            *map(_element, picture.shapes),
            "</svg>",
        )
    )


def _element(shape):
    if isinstance(shape, Line):
        (x1, y1), (x2, y2) = shape.start, shape.end
        dashes = ",".join(map(str, shape.dashes))
        dashes = f' stroke-dasharray="{dashes}"' if dashes else ""
        return (
            f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}" stroke="{shape.colour}" '
            f'stroke-width="{shape.width:g}"{dashes}/>'
        )
    if isinstance(shape, Polygon):
        points = " ".join(f"{x:g},{y:g}" for x, y in shape.points)
        return f'<polygon points="{points}" fill="{shape.colour}"/>'
    if isinstance(shape, Box):
        return (
            f'<rect x="{shape.x:g}" y="{shape.y:g}" width="{shape.width:g}" '
            f'height="{shape.height:g}" rx="{shape.radius:g}" '
            f'fill="{shape.fill}" stroke="{shape.colour}"/>'
        )
    bold = ' font-weight="bold"' if shape.is_bold else ""
    middle = ' text-anchor="middle"' if shape.is_centred else ""
    # The middle of small letters is a third of a letter above their foot.
    return (
        f'<text x="{shape.x:g}" y="{shape.y + 0.35 * FONT:g}" '
        f'fill="{shape.colour}"{bold}{middle}>{html.escape(shape.text)}</text>'
    )


def rendered(picture: Picture, form: str, scale: float = _SCALE) -> bytes:
    """The picture as "png" or "pdf".

    Args:
      picture: the picture.
      form: the format.
      scale: pixels of a PNG for each pixel of the picture.
    """
    # matplotlib takes a second to import, which an SVG need not cost.
    from ednas_tf.figures import style

    figure = style.styled(_figure)(picture)
    written = io.BytesIO()
    metadata = {"CreationDate": None} if form == "pdf" else {}
    figure.savefig(
        written, format=form, dpi=scale * _PER_INCH, metadata=metadata
    )
    return written.getvalue()


def _figure(picture):
    """The picture as a figure of matplotlib."""
    from ednas_tf.figures import style

    size = picture.width / _PER_INCH, picture.height / _PER_INCH
    figure = style.figure(*size, layout="none")
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set_axis_off()
    axis.set_xlim(0, picture.width)
    axis.set_ylim(picture.height, 0)
    for order, shape in enumerate(picture.shapes):
        _add(axis, shape, order)
    return figure


def _add(axis, shape, order):
    """Adds a shape; matplotlib counts widths in points, 4/3 of a pixel."""
    from matplotlib import patches

    if isinstance(shape, Line):
        (x1, y1), (x2, y2) = shape.start, shape.end
        dashes = (0, tuple(n / shape.width for n in shape.dashes))
        axis.plot(
            [x1, x2],
            [y1, y2],
            color=shape.colour,
            linewidth=0.75 * shape.width,
            linestyle=dashes if shape.dashes else "-",
            solid_capstyle="butt",
            zorder=order,
        )
    elif isinstance(shape, Polygon):
        axis.add_patch(
            patches.Polygon(
                shape.points, color=shape.colour, linewidth=0, zorder=order
            )
        )
    elif isinstance(shape, Box):
        axis.add_patch(
            patches.FancyBboxPatch(
                (shape.x, shape.y),
                shape.width,
                shape.height,
                boxstyle=f"round,pad=0,rounding_size={shape.radius}",
                facecolor=shape.fill,
                edgecolor=shape.colour,
                linewidth=0.75,
                zorder=order,
            )
        )
    else:
        axis.text(
            shape.x,
            shape.y,
            shape.text,
            color=shape.colour,
            fontsize=0.75 * FONT,
            fontweight="bold" if shape.is_bold else "normal",
            ha="center" if shape.is_centred else "left",
            va="center_baseline",
            zorder=order,
        )
