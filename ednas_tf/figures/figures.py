"""All figures of a search, by the names of their files."""

import pathlib
from collections.abc import Iterator

from ednas_tf import errors
from ednas_tf.analysis import policy_reading
from ednas_tf.analysis.policies import Policies
from ednas_tf.analysis.run_record import RunRecord
from ednas_tf.figures import (
    cell_figure,
    marginal_figure,
    policy_figure,
    progress_figure,
    sampling_figure,
    tables,
    time_figure,
)

#: Of every figure that is written.
SUFFIXES = (".png", ".svg")
_KINDS = (
    *("progress", "policy_operations", "policy_inputs", "sampled_edges"),
    *("sampled_operations", "time_operations", "time_inputs", "gains", "cells"),
)


def figures(policies: Policies) -> Iterator[tuple[str, object, str]]:
    """Name, matplotlib figure and what it shows, one after the other."""
    yield (
        "progress",
        progress_figure.draw(policies),
        "Rewards and open choices over the epochs",
    )
    every = policy_reading.windows(policies.epochs)
    for cell in policies.space.cell_types:
        yield (
            f"sampled_edges_{cell}",
            sampling_figure.edges(policies, cell, every),
            f"How often each edge of the {cell} cell was sampled",
        )
        yield (
            f"sampled_operations_{cell}",
            sampling_figure.operations(policies, cell, every),
            f"How often each operation of the {cell} cell was sampled",
        )
        yield (
            f"time_operations_{cell}",
            time_figure.operations(policies, cell),
            f"Probabilities of the {cell} cell's operations over the epochs",
        )
        yield (
            f"time_inputs_{cell}",
            time_figure.structure(policies, cell),
            f"Probabilities of the {cell} cell's inputs over the epochs",
        )
        if policies.architectures is not None:
            yield (
                f"gains_{cell}",
                marginal_figure.draw(policies, cell),
                f"What operations and edges of the {cell} cell earned",
            )


def policy_tables(policies: Policies) -> Iterator[tuple[str, object]]:
    """Figure 4 at the start, in the middle and at the end: name and figure."""
    epochs = sorted({0, policies.epochs // 2, policies.epochs})
    for cell in policies.space.cell_types:
        table = tables.operations(policies, cell)
        yield f"policy_operations_{cell}", policy_figure.draw(table, epochs)
        table = tables.structure(policies, cell)
        yield f"policy_inputs_{cell}", policy_figure.draw(table, epochs[-1:])


def check(folder: pathlib.Path) -> None:
    """Raises `RequestError` unless `write` would only replace its own files."""
    if not folder.exists():
        return
    found = [folder] if not folder.is_dir() else folder.iterdir()
    for file in found:
        own = file.suffix in SUFFIXES and file.stem.startswith(_KINDS)
        if not own or file == folder:
            raise errors.RequestError(
                f"--figures_dir: expected a new folder or one of figures, "
                f"found {file}; choose another"
            )


def write(record: RunRecord, folder: pathlib.Path) -> list[str]:
    """Writes every figure as PNG and as SVG.

    Args:
      record: of a search.
      folder: is made; see `check`.

    Returns:
      What could not be drawn, a sentence each.

    Raises:
      RequestError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure, *_ in (
            *policy_tables(record.policies),
            *figures(record.policies),
        ):
            for suffix in SUFFIXES:
                made = {} if suffix == ".png" else {"Date": None}
                figure.savefig(folder / f"{name}{suffix}", metadata=made)
        return write_cells(record, folder)
    except OSError as error:
        raise errors.RequestError(
            f"{folder}: cannot be written: {error.strerror}; choose another "
            "--figures_dir"
        ) from None


def write_cells(record: RunRecord, folder: pathlib.Path) -> list[str]:
    """Writes the cells as graphs; returns what could not be, as `write`."""
    described, _ = policy_reading.most_likely(record.policies)
    drawn = {"cells_most_likely": described}
    if record.found is not None:
        drawn["cells_found"] = record.found
    missing = []
    for name, each in drawn.items():
        try:
            for suffix in SUFFIXES:
                cell_figure.draw(each, folder / f"{name}{suffix}")
        except errors.RequestError as error:
            missing.append(f"{name}: {error}")
    return missing
