"""The page of a report: one HTML file that needs no other file."""

import pathlib
import re
import shlex
import time
from collections.abc import Mapping

import jinja2
import numpy as np
from bokeh import embed, resources
from bokeh.document import Document
from bokeh.events import DocumentReady

from ednas_tf.analysis import policy_reading, ranking, story, verdict
from ednas_tf.analysis.run_record import RunRecord
from ednas_tf.analysis.truth import Truth
from ednas_tf.figures import figures, pictures, style, truth_figure
from ednas_tf.reports import (
    report_candidates,
    report_compared,
    report_effects,
    report_gains,
    report_policies,
    report_short,
)

_TEMPLATE = "report_template.html"
#: The parts of BokehJS that sliders and tables need.
_PARTS = ["bokeh", "bokeh-widgets", "bokeh-tables"]
#: Stands in the head of every report, so that a report is recognised.
GENERATOR = "ednas_tf.report"


def page(
    records: list[RunRecord],
    truth: Truth | None = None,
    within_nodes: bool = False,
) -> str:
    """The HTML of a report of the first search, compared with all others.

    Args:
      records: the searches.
      truth: the truth about the first search, if it is known.
      within_nodes: how probabilities get their colours, see
        `tables.Table.shares`.
    """
    record = records[0]
    scripts, places = _moving(record, within_nodes)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(_TEMPLATE).render(
        generator=GENERATOR,
        written=time.strftime("%Y-%m-%d %H:%M %Z"),
        record=record,
        policies=record.policies,
        cell_types=record.space.cell_types,
        story=story.story(record),
        short=report_short.build(record),
        drawn=_drawn(record),
        places=places,
        clear_gains=report_gains.chance(record.policies)
        if record.policies
        else "",
        scripts=scripts,
        palette=style.amount(np.linspace(0, 1, 9)),
        within_nodes=within_nodes,
        settings=list(_flat(record.settings)),
        versions=_versions(record),
        verdict=verdict.verdict(records, truth),
        compared=report_compared.build(records) if len(records) > 1 else None,
        truth=_truth(truth) if truth else None,
        **_cells(record),
    )


def _moving(record, within_nodes):
    """What can be moved and sorted: the scripts, and elements by their names.

    The scripts are empty if there is no such element.
    """
    moving, document = {}, Document()
    if record.policies:
        moving |= report_policies.build(
            record.policies, record.planned, within_nodes
        )
        moving["gains"] = report_gains.build(record.policies)
        if record.policies.has_effects:
            moving["effects"] = report_effects.build(record.policies)
    if record.candidates:
        moving |= report_candidates.build(
            record.candidates, not record.decides_by_trainings
        )
        fitted = report_candidates.fitted(moving["candidates"])
        document.js_on_event(DocumentReady, fitted)
    if not moving:
        return [], {}
    for each in moving.values():
        document.add_root(each)
    script, places = embed.components(moving, wrap_script=False)
    bokeh = resources.Resources(mode="inline", components=_PARTS)
    scripts = ["\n".join(bokeh.js_raw), _without_mathematics(script)]
    return scripts, places


def _drawn(record):
    """The figures of the policies by their names."""
    if not record.policies:
        return {}
    narrow = dict(figures.narrow_figures(record.policies))
    return {
        name: pictures.picture(figure, alt, narrow.get(name))
        for name, figure, alt in figures.figures(
            record.policies, record.reward_in_words
        )
    }


def _without_mathematics(script: str) -> str:
    """A script of Bokeh that marks no text as mathematics.

    BokehJS would fetch MathJax for a text with $$, \\( or \\[, which the page
    forbids. An invisible character (a word joiner) between the two signs leaves
    them as they are.
    """
    return re.sub(r"(\$(?=\$)|\\(?=[\[(]))", "\\1\u2060", script)


def _cells(record):
    """The cells in words, and as pictures if they can be drawn."""
    likely, log_prob = _likely(record)
    first = report_short.leading(record)
    candidates = [candidate.genotype for candidate in record.candidates]
    drawn = pictures.cells([each for each in (likely, first) if each])
    return {
        "likely": drawn[0] if likely else {},
        "likely_words": _words(likely),
        "likely_log_prob": log_prob,
        "found": drawn[-1] if first else {},
        "found_words": _words(first),
        "candidate_cells": [
            {
                "drawn": drawn,
                "words": _words(genotype),
                "command": _training(record, number),
            }
            for number, (genotype, drawn) in enumerate(
                zip(candidates, pictures.cells(candidates), strict=True), 1
            )
        ],
    }


def _training(record, number):
    """The command that trains a candidate; empty if it has no such number."""
    if record.found is None or record.decides_by_trainings:
        return ""
    return shlex.join(ranking.training_command(record, number))


def _likely(record):
    """The most likely architecture and its log P(m), if there is one."""
    policies = record.policies
    if not policies or policy_reading.learnt_nothing(policies):
        return None, None
    return policy_reading.most_likely(policies)


def _words(genotype):
    return report_candidates.cells(genotype).split("; ") if genotype else []


def _truth(truth):
    """Sentences, figures, and a table with a row for each choice."""
    rows = sorted(truth.effects(), key=lambda each: -each.true)
    return {
        "sentences": list(truth.sentences()),
        "regret": pictures.picture(
            truth_figure.regret(truth), "Regret over time"
        ),
        "effects": pictures.picture(
            truth_figure.effects(truth),
            "True effects of choices, and what the search knows of them",
        ),
        "rows": [
            (
                each.name,
                f"{100 * each.true:+.2f}",
                f"{each.share:.0%}",
                "–"
                if each.belief is None
                else f"{_points(each.belief)} ± {100 * each.error:.2f}",
                _points(each.gain.value),
                f"{_points(each.gain.low)} to {_points(each.gain.high)}"
                if each.gain.low == each.gain.low
                else "–",
            )
            for each in rows
        ],
    }


def _points(value):
    return "–" if value != value else f"{100 * value:+.2f}"


def _flat(settings, prefix=""):
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _versions(record):
    """Versions by package; several if they changed from start to start."""
    if not record.starts:
        return {}
    names = record.starts[-1]["versions"]
    found = {}
    for name in names:
        seen = [str(s["versions"].get(name, "none")) for s in record.starts]
        found[name] = ", then ".join(dict.fromkeys(seen))
    return found
