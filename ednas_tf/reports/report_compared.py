"""Several searches of one space, side by side."""

from collections.abc import Mapping, Sequence

from ednas_tf.analysis import chance, policy_reading, short_rungs
from ednas_tf.analysis.run_record import RunRecord
from ednas_tf.figures import compare_figure, pictures, policy_figure, tables
from ednas_tf.reports import report_candidates, report_short

#: Rows of the table of facts that are left out if no search has them.
_RARE = ("short trainings", "verdict")


def build(records: Sequence[RunRecord]) -> dict[str, object]:
    """What stands side by side: facts, plots, and pictures of each search."""
    shown = []
    for record in records:
        genotype = report_short.leading(record)
        if genotype is None:
            genotype, _ = policy_reading.most_likely(record.policies)
        drawn = pictures.cells([genotype])
        shown.append(
            {
                "name": record.name,
                "cells": drawn[0],
                "words": report_candidates.cells(genotype).split("; "),
                "tables": _tables(record),
            }
        )
    return {"facts": _facts(records), "plots": _plots(records), "runs": shown}


def _tables(record):
    """The last policies for the operations of each cell."""
    if not record.policies:
        return []
    return [
        pictures.picture(
            policy_figure.draw(
                tables.operations(record.policies, cell_type),
                [record.policies.epochs],
            ),
            f"Operations of each edge in the {cell_type} cell, {record.name}",
        )
        for cell_type in record.space.cell_types
    ]


def _plots(records):
    """Plots with a line or a bar for each search that has policies."""
    records = [record for record in records if record.policies]
    if not records:
        return []
    return [
        pictures.picture(
            compare_figure.rewards(records), "Rewards of all searches"
        ),
        *(
            pictures.picture(
                compare_figure.shares(records, cell_type),
                f"Operations of the {cell_type} cell in all searches",
            )
            for cell_type in records[0].space.cell_types
        ),
    ]


def _facts(records) -> dict[str, list[str]]:
    """The rows of a table of facts with a column for each search."""
    facts = {
        "searcher": [r.searcher for r in records],
        "data": [r.setting("data.name") for r in records],
        "seed": [r.setting("seed") for r in records],
        "epochs": [
            f"{r.policies.epochs} of {r.planned}" if r.policies else None
            for r in records
        ],
        "mean reward, last epoch": [
            f"{r.policies.rewards[-1].mean():.4f}" if r.policies else None
            for r in records
        ],
        "best reward of a candidate on the minibatch": [
            f"{max(c.reward for c in r.candidates):.4f}"
            if r.candidates
            else None
            for r in records
        ],
        "short trainings": [
            short_rungs.count(r.trainings) or None for r in records
        ],
        "verdict": [r.verdict and chance.short(r.verdict) for r in records],
        "test, after training from scratch": [
            _tested(r.result) for r in records
        ],
    }
    return {
        name: ["–" if value is None else str(value) for value in row]
        for name, row in facts.items()
        if name not in _RARE or any(value is not None for value in row)
    }


def _tested(result: Mapping | None) -> str | None:
    for name in ("test_accuracy", "test_perplexity"):
        if result and name in result:
            return f"{name.removeprefix('test_')} {result[name]:.4f}"
    return None
