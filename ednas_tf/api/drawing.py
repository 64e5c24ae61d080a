"""Figures and the report of a search, for notebooks and files."""

from __future__ import annotations

import dataclasses
import io
import os
import pathlib
from typing import TYPE_CHECKING

from ednas_tf import errors
from ednas_tf.analysis.run_record import RunRecord
from ednas_tf.api import options
from ednas_tf.space.genotype import Genotype

if TYPE_CHECKING:
    import matplotlib.figure

# The modules of figures import Matplotlib, which takes a second.


def policies(
    record: RunRecord, cell: str | None, kind: str
) -> matplotlib.figure.Figure:
    """See `Found.plot_policies`."""
    from ednas_tf.figures import policy_figure, tables

    found = _policies(record)
    makers = {"operations": tables.operations, "inputs": tables.structure}
    if kind not in makers:
        raise errors.RequestError(
            f"kind: unknown kind {errors.shown(kind)}"
            f"{errors.nearest(str(kind), makers)}"
        )
    types = record.space.cell_types
    if cell is not None and cell not in types:
        raise errors.RequestError(
            f"cell: unknown cell {errors.shown(cell)}"
            f"{errors.nearest(str(cell), types)}"
        )
    table = makers[kind](found, cell or types[0])
    first, last = found.first_row, found.epochs
    epochs = sorted({first, max(first, last // 2), last})
    return _shown(policy_figure.draw(table, epochs))


def progress(record: RunRecord) -> matplotlib.figure.Figure:
    """See `Found.plot_progress`."""
    from ednas_tf.figures import progress_figure

    return _shown(progress_figure.draw(_policies(record)))


def _policies(record):
    if record.policies is None:
        raise errors.RequestError(
            f"{record.directory}: expected a search with policies, found one "
            "that decides by short trainings alone; see its report"
        )
    return record.policies


def _shown(figure):
    """Lets a notebook show a figure that was not made by pyplot."""

    def png():
        content = io.BytesIO()
        figure.savefig(content, format="png", dpi=100)
        return content.getvalue()

    figure._repr_png_ = png
    return figure


@dataclasses.dataclass(frozen=True)
class CellPicture:
    """The cells of an architecture as a picture, which a notebook shows.

    Attributes:
      genotype: the architecture.
    """

    genotype: Genotype

    @errors.in_python
    def save(self, file: str | os.PathLike) -> None:
        """Writes the picture to a file that ends in .svg, .png or .pdf.

        Raises:
          ValueError: the format is unknown, or the file cannot be written.
        """
        from ednas_tf.figures import cell_figure

        path = pathlib.Path(options.path(file, "file", "the path of a file"))
        cell_figure.draw(self.genotype, path)

    def _repr_svg_(self) -> str:
        from ednas_tf.figures import cell_figure, cell_layout

        cells = [
            cell_layout.cell(self.genotype, name)
            for name in self.genotype.cells
        ]
        return cell_figure.svg(cell_layout.side_by_side(cells))


def report(record: RunRecord, output: str | os.PathLike | None) -> pathlib.Path:
    """See `Found.report`."""
    from ednas_tf.analysis import truth
    from ednas_tf.reports import report_file, report_page

    file = record.directory / "report.html"
    if output is not None:
        form = "the path of a file"
        file = pathlib.Path(options.path(output, "output", form))
    known = truth.of(record, None)
    report_file.check(file)
    report_file.write(file, report_page.page([record], known))
    return file
