"""All figures of a search, by the names of their files."""

import pathlib
from collections.abc import Iterator

from ednas_tf import errors
from ednas_tf.analysis import policy_reading
from ednas_tf.analysis.policies import Policies
from ednas_tf.analysis.run_record import RunRecord
from ednas_tf.figures import (
    cell_figure,
    gains_figure,
    policy_figure,
    progress_figure,
    sampling_figure,
    short_figure,
    tables,
    time_figure,
)

#: The endings of the files that are written of every figure.
SUFFIXES = (".png", ".svg")
#: How the names of these files begin.
_KINDS = (
    *("progress", "policy_operations", "policy_inputs", "sampled_edges"),
    *("sampled_operations", "time_operations", "time_inputs", "gains"),
    *("effects", "cells"),
    "short_trainings",
)


def figures(
    policies: Policies, reward: str
) -> Iterator[tuple[str, object, str]]:
    """Yields each figure's name, the figure, and what it shows in words.

    Args:
      policies: the policies of all epochs.
      reward: what a reward is, such as "accuracy".
    """
    yield (
        "progress",
        progress_figure.draw(policies),
        "Rewards and open choices over the epochs",
    )
    shares = "Probabilities" if policies.has_probabilities else "Sampled shares"
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
            f"{shares} of the {cell} cell's operations over the epochs",
        )
        if policies.chooses_inputs:
            yield (
                f"time_inputs_{cell}",
                time_figure.structure(policies, cell),
                f"{shares} of the {cell} cell's inputs over the epochs",
            )
        if policies.has_effects:
            table = tables.effects(policies, cell)
            yield (
                f"effects_{cell}",
                policy_figure.draw(table, [policies.epochs]),
                f"Effects of the {cell} cell's operations on the reward",
            )
        yield (
            f"gains_{cell}",
            gains_figure.draw(policies, cell, reward),
            f"What operations and edges of the {cell} cell earned",
        )


def narrow_figures(policies: Policies) -> Iterator[tuple[str, object]]:
    """Yields name and figure of those with another layout for a phone."""
    for cell in policies.space.cell_types:
        figure = time_figure.operations(policies, cell, is_narrow=True)
        yield f"time_operations_{cell}", figure
        if policies.chooses_inputs:
            figure = time_figure.structure(policies, cell, is_narrow=True)
            yield f"time_inputs_{cell}", figure


def short_figures(record: RunRecord) -> Iterator[tuple[str, object, str]]:
    """Yields the figures of short trainings, as `figures` does."""
    if record.trainings:
        yield (
            "short_trainings",
            short_figure.draw(record.trainings, record.found),
            "Training loss and reward of all architectures after each rung",
        )


def policy_tables(
    policies: Policies, within_nodes: bool = False
) -> Iterator[tuple[str, object]]:
    """Yields name and figure of the paper's Figure 4 for each cell.

    Operations at the start, in the middle and at the end; inputs at the end.

    Args:
      policies: the policies of a search.
      within_nodes: how values get their colours, see `tables.Table.shares`.
    """
    first, last = policies.first_row, policies.epochs
    epochs = sorted({first, max(first, last // 2), last})
    for cell in policies.space.cell_types:
        table = tables.operations(policies, cell)
        figure = policy_figure.draw(table, epochs, within_nodes)
        yield f"policy_operations_{cell}", figure
        if policies.chooses_inputs:
            table = tables.structure(policies, cell)
            figure = policy_figure.draw(table, epochs[-1:], within_nodes)
            yield f"policy_inputs_{cell}", figure


def check(folder: pathlib.Path) -> None:
    """Checks that `write` would replace nothing but older figures.

    Raises:
      RequestError: the folder holds something else.
    """
    if not folder.exists():
        return
    found = [folder] if not folder.is_dir() else folder.iterdir()
    for file in found:
        own = file.suffix in SUFFIXES and file.stem.startswith(_KINDS)
        if not own or file == folder:
            raise errors.RequestError(
                "--figures_dir: expected a new folder, or one that holds "
                f"only figures of a report, found {file}; choose another folder"
            )


def write(
    record: RunRecord, folder: pathlib.Path, within_nodes: bool = False
) -> None:
    """Writes every figure as PNG and as SVG.

    Args:
      record: the search.
      folder: the folder, which is made if need be; see `check`.
      within_nodes: how probabilities get their colours, see
        `tables.Table.shares`.

    Raises:
      RequestError: the folder or a file in it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        drawn = [*short_figures(record)]
        if record.policies:
            drawn += [
                *policy_tables(record.policies, within_nodes),
                *figures(record.policies, record.reward_in_words),
            ]
        for name, figure, *_ in drawn:
            for suffix in SUFFIXES:
                metadata = {} if suffix == ".png" else {"Date": None}
                figure.savefig(folder / f"{name}{suffix}", metadata=metadata)
        _write_cells(record, folder)
    except OSError as error:
        raise errors.RequestError(
            f"{folder}: cannot be written: {error.strerror}; choose another "
            "--figures_dir"
        ) from None


def _write_cells(record, folder):
    """Writes the cells; the most likely ones if the policies prefer any."""
    drawn, policies = {}, record.policies
    if policies and not policy_reading.learnt_nothing(policies):
        drawn["cells_most_likely"], _ = policy_reading.most_likely(policies)
    if record.found is not None:
        drawn["cells_found"] = record.found
    for name, genotype in drawn.items():
        for suffix in SUFFIXES:
            cell_figure.draw(genotype, folder / f"{name}{suffix}")
