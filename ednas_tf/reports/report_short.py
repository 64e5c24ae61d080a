"""What a report shows of the short trainings of a search."""

import shlex
import statistics

from ednas_tf.analysis import (
    plain_verdict,
    ranking,
    scores,
    short_rungs,
    trainings,
)
from ednas_tf.analysis.run_record import RunRecord
from ednas_tf.figures import figures, pictures, short_figure
from ednas_tf.reports import report_candidates
from ednas_tf.space.genotype import Genotype

#: The most rows of the table of the last rung.
_MOST_ROWS = 50


def build(record: RunRecord) -> dict[str, object] | None:
    """The verdict, a figure and tables; None if there are no short trainings.

    Returns:
      headline: the verdict in one sentence; look: its class in the style sheet;
      comparisons: what it compares, a line each; sentences: what else it says;
      count: number of trainings; picture; steps: of the first and the last
      rung; groups: a row for each origin in the first rung; last: a row for
      each architecture of the last rung, the best first; left_out: how many
      rows `last` lacks.
    """
    rungs = short_rungs.rungs(record.trainings)
    if not rungs:
        return None
    ((_, figure, alt),) = figures.short_figures(record)
    narrow = short_figure.draw(record.trainings, record.found, is_narrow=True)
    first, last = rungs[0], rungs[-1]
    return {
        **_verdict(record.verdict),
        "count": short_rungs.count(record.trainings),
        "picture": pictures.picture(figure, alt, narrow),
        "steps": (first[0].steps, last[0].steps),
        "groups": [
            _group(own, origin, last)
            for origin in trainings.ORIGINS
            if (own := short_rungs.of_origin(first, origin))
        ],
        "last": _rows(last, record),
        "left_out": max(0, len(last) - _MOST_ROWS),
    }


def leading(record: RunRecord) -> Genotype | None:
    """The result, or the best short training so far; None without both."""
    if record.found is not None or not record.trainings:
        return record.found
    return short_rungs.rungs(record.trainings)[-1][0].genotype


def _verdict(verdict):
    if verdict is None:
        return {
            "headline": "There is no verdict yet.",
            "comparisons": [],
            "sentences": [
                "At its end, the search trains its result and random "
                "architectures once more, to tell whether it beat chance."
            ],
            "look": "soft",
        }
    return {
        "headline": plain_verdict.headline(verdict),
        "comparisons": list(plain_verdict.comparisons(verdict)),
        "sentences": list(plain_verdict.details(verdict)),
        "look": "beaten" if verdict["low"] > 0 else "alarm",
    }


def _group(own, origin, last):
    """A row about the architectures of one origin in the first rung."""
    losses = [each.loss for each in own]
    rewards = [each.reward for each in own]
    return (
        short_rungs.FROM[origin],
        len(own),
        f"{statistics.fmean(losses):.4f}",
        f"{min(losses):.4f}",
        f"{statistics.fmean(rewards):.4f}",
        f"{max(rewards):.4f}",
        len(short_rungs.of_origin(last, origin)),
    )


def _rows(last, record):
    """Rows about the architectures of the last rung, the best first."""
    scale = scores.scale(last, scores.variance_of_seeds(record.trainings))
    return [
        _row(rank, each, scale.score(each), record)
        for rank, each in enumerate(last[:_MOST_ROWS], 1)
    ]


def _row(rank, training, score, record):
    numbers = ranking.ranked(record)
    command, number = "", ""
    if training.genotype in numbers:
        number = 1 + numbers.index(training.genotype)
        command = shlex.join(ranking.training_command(record, number))
    return {
        "values": (
            rank,
            number,
            f"{score:.4f}",
            f"{training.loss:.4f}",
            f"{training.reward:.4f}",
            short_rungs.FROM[training.origin],
        ),
        "is_result": training.genotype == record.found,
        "cells": short_rungs.in_short(training.genotype),
        "words": report_candidates.cells(training.genotype).split("; "),
        "command": command,
    }
