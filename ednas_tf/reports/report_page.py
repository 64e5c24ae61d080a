"""The page of a report: one HTML file that needs no other file."""

import pathlib
import re
import time
from collections.abc import Mapping

import jinja2
from bokeh import embed, resources

from ednas_tf.analysis import policy_reading, story, verdict
from ednas_tf.analysis.run_record import RunRecord
from ednas_tf.analysis.truth import Truth
from ednas_tf.figures import (
    compare_figure,
    figures,
    pictures,
    policy_figure,
    tables,
    truth_figure,
)
from ednas_tf.reports import (
    report_candidates,
    report_effects,
    report_gains,
    report_policies,
)

_TEMPLATE = pathlib.Path(__file__).with_name("report_template.html")
#: The parts of BokehJS that sliders and tables need.
_PARTS = ["bokeh", "bokeh-widgets", "bokeh-tables"]
#: Stands in the head of every report, so that a report is recognised.
GENERATOR = "ednas_tf.report"


def page(records: list[RunRecord], truth: Truth | None = None) -> str:
    """The HTML of a report of the first search, compared with all others.

    Args:
      records: the searches.
      truth: the truth about the first search, if it is known.
    """
    record = records[0]
    moving = report_policies.build(record.policies, record.planned)
    if record.candidates:
        moving |= report_candidates.build(record.candidates)
    moving["gains"] = report_gains.build(record.policies)
    if record.policies.has_effects:
        moving["effects"] = report_effects.build(record.policies)
    script, places = embed.components(moving, wrap_script=False)
    script = _without_mathematics(script)
    drawn = {
        name: pictures.picture(figure, alt)
        for name, figure, alt in figures.figures(record.policies)
    }
    bokeh = resources.Resources(mode="inline", components=_PARTS)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined
    )
    template = environment.from_string(_TEMPLATE.read_text("utf-8"))
    return template.render(
        generator=GENERATOR,
        written=time.strftime("%Y-%m-%d %H:%M %Z"),
        record=record,
        policies=record.policies,
        cell_types=record.policies.space.cell_types,
        story=story.story(record),
        drawn=drawn,
        places=places,
        chance=report_gains.chance(record.policies),
        bokeh_js="\n".join(bokeh.js_raw),
        script=script,
        settings=list(_flat(record.settings)),
        versions=_versions(record),
        verdict=verdict.verdict(records),
        compared=_compared(records) if len(records) > 1 else None,
        truth=_truth(truth) if truth else None,
        **_cells(record),
    )


def _without_mathematics(script: str) -> str:
    """A script of Bokeh that marks no text as mathematics.

    BokehJS would fetch MathJax for a text with $$, \\( or \\[, which the page
    forbids. An invisible character (a word joiner) between the two signs leaves
    them as they are.
    """
    return re.sub(r"(\$(?=\$)|\\(?=[\[(]))", "\\1\u2060", script)


def _cells(record):
    """The cells in words, and as pictures if Graphviz can draw them."""
    likely, log_prob = policy_reading.most_likely(record.policies)
    first = likely if record.found is None else record.found
    candidates = [candidate.genotype for candidate in record.candidates]
    drawn = pictures.cells([likely, first, *candidates])
    words = [
        report_candidates.cells(genotype).split("; ") for genotype in candidates
    ]
    return {
        "no_graphviz": None if drawn else pictures.NO_GRAPHVIZ,
        "likely": drawn[0] if drawn else {},
        "likely_words": report_candidates.cells(likely).split("; "),
        "likely_log_prob": log_prob,
        "found": drawn[1] if drawn and record.found is not None else {},
        "found_words": report_candidates.cells(first).split("; "),
        "candidate_cells": [
            {"drawn": drawn[2 + i] if drawn else {}, "words": words[i]}
            for i in range(len(words))
        ],
    }


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


def _compared(records):
    """What stands side by side: facts, plots, and pictures of each search."""
    shown = []
    for record in records:
        likely, _ = policy_reading.most_likely(record.policies)
        genotype = likely if record.found is None else record.found
        drawn = pictures.cells([genotype])
        shown.append(
            {
                "name": record.name,
                "cells": drawn[0] if drawn else {},
                "words": report_candidates.cells(genotype).split("; "),
                "tables": [
                    pictures.picture(
                        policy_figure.draw(
                            tables.operations(record.policies, cell_type),
                            [record.policies.epochs],
                        ),
                        f"Operations of each edge in the {cell_type} cell, "
                        f"{record.name}",
                    )
                    for cell_type in record.policies.space.cell_types
                ],
            }
        )
    plots = [
        pictures.picture(
            compare_figure.rewards(records), "Rewards of all searches"
        ),
        *(
            pictures.picture(
                compare_figure.shares(records, cell_type),
                f"Operations of the {cell_type} cell in all searches",
            )
            for cell_type in records[0].policies.space.cell_types
        ),
    ]
    return {"facts": _facts(records), "plots": plots, "runs": shown}


def _facts(records) -> dict[str, list[str]]:
    """The rows of a table of facts with a column for each search."""
    facts = {
        "searcher": [r.setting("search.searcher") for r in records],
        "data": [r.setting("data.name") for r in records],
        "seed": [r.setting("seed") for r in records],
        "epochs": [f"{r.policies.epochs} of {r.planned}" for r in records],
        "mean reward, last epoch": [
            f"{r.policies.rewards[-1].mean():.4f}" for r in records
        ],
        "best reward of a candidate on the minibatch": [
            f"{max(c.reward for c in r.candidates):.4f}"
            if r.candidates
            else "–"
            for r in records
        ],
        "test, after training from scratch": [
            _tested(r.result) for r in records
        ],
    }
    return {
        name: ["–" if value is None else str(value) for value in row]
        for name, row in facts.items()
    }


def _tested(result: Mapping | None) -> str | None:
    for name in ("test_accuracy", "test_perplexity"):
        if result and name in result:
            return f"{name.removeprefix('test_')} {result[name]:.4f}"
    return None


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
