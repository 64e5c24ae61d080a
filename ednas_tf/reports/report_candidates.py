"""The candidates as a table to sort, filter and click on, by Bokeh."""

import math
from collections.abc import Sequence

from bokeh import models, plotting

from ednas_tf.analysis.candidates import Candidate
from ednas_tf.figures import colours
from ednas_tf.space import spaces
from ednas_tf.space.genotype import Genotype

#: Shows the cells of the row that was clicked, which the page holds.
_SHOW = """
const [row] = source.selected.indices;
if (row === undefined) return;
const place = document.getElementById("cell");
const kept = document.getElementById(`cell-${row}`);
place.replaceChildren(kept.content.cloneNode(true));
place.dataset.row = row;
"""

#: Width of the cells in pixels, of which a line has so many letters, and the
#: height of a line.
_WIDTH, _LETTERS, _LINE = 740, 95, 17
_WRAPPED = (
    f'<div style="white-space: normal; line-height: {_LINE}px; padding: 4px 0">'
    "<%- value %></div>"
)

#: On a phone the cells would be wider than the page: a row that was touched
#: shows its own.
_FIT = f"""
if (matchMedia("(max-width: 700px)").matches) {{
  table.columns.find(each => each.field == "cells").visible = false;
  table.setv({{row_height: {8 + _LINE}, height: Math.min(
    table.height, 60 + {8 + _LINE} * table.source.get_length())}});
}}
"""

_FILTER = """
const words = text.value_input.toLowerCase().split(/[\\s,]+/).filter(w => w);
const cells = source.data.cells, rewards = source.data.reward;
const kept = cells.map((cell, i) => {
  const found = cell.toLowerCase();
  return rewards[i] >= least.value && words.every(
    word => word[0] == "-" ? !found.includes(word.slice(1))
                           : found.includes(word));
});
filter.booleans = kept;
count.text = `${kept.filter(each => each).length} of ${kept.length}`;
"""


def build(
    candidates: Sequence[Candidate], are_ranked: bool = True
) -> dict[str, models.UIElement]:
    """The table, its filters, and a plot of both rewards.

    A click on a row or a point copies the page's <template> "cell-<i>" into
    its element "cell".

    Args:
      candidates: all candidates, the best first.
      are_ranked: whether their ranks are the numbers that --candidate takes.

    Returns:
      "candidates", "filter", "least" and "count"; also "rewards" if some
      candidates were scored on the whole validation split.
    """
    source = models.ColumnDataSource(_data(candidates))
    source.selected.js_on_change(
        "indices", models.CustomJS(args={"source": source}, code=_SHOW)
    )
    passed = models.BooleanFilter(booleans=[True] * len(candidates))
    made = {"candidates": _table(source, passed, candidates, are_ranked)}
    made |= _filters(source, passed, candidates)
    scored = [c for c in candidates if c.validation_reward is not None]
    if scored:
        made["rewards"] = _rewards(source, len(scored))
    return made


def fitted(table: models.DataTable) -> models.CustomJS:
    """Fits the table to the page, once it is shown."""
    return models.CustomJS(args={"table": table}, code=_FIT)


def cells(genotype: Genotype) -> str:
    """All cells in words: "normal: 2 = sep_conv_3x3 of 0 + ...; ..."."""
    inputs = spaces.default(genotype.space).num_inputs
    return "; ".join(
        f"{cell_type}: "
        + ", ".join(
            f"{i} = "
            + " + ".join(f"{edge.op} of {edge.source}" for edge in node)
            for i, node in enumerate(cell.nodes, inputs)
        )
        for cell_type, cell in genotype.cells.items()
    )


def _data(candidates):
    return {
        "rank": list(range(1, len(candidates) + 1)),
        "reward": [c.reward for c in candidates],
        "validation": [_number(c.validation_reward) for c in candidates],
        "log_prob": [_number(c.log_prob) for c in candidates],
        "cells": [cells(c.genotype) for c in candidates],
    }


def _number(value):
    return math.nan if value is None else value


def _table(source, passed, candidates, are_ranked):
    number = models.NumberFormatter(format="0.0000", nan_format="–")
    short = models.NumberFormatter(format="0.00", nan_format="")
    wrapped = models.HTMLTemplateFormatter(template=_WRAPPED)
    lines = -(-max(len(cells(c.genotype)) for c in candidates) // _LETTERS)
    rank = ("--candidate", 85) if are_ranked else ("rank", 45)
    columns = [
        ("rank", *rank, models.NumberFormatter(format="0")),
        ("validation", "validation", 75, number),
        ("reward", "minibatch", 75, number),
        ("log_prob", "log P(m)", 75, short),
        ("cells", "cells", _WIDTH, wrapped),
    ]
    if all(each.log_prob is None for each in candidates):
        # The searcher has no probabilities.
        columns = [each for each in columns if each[0] != "log_prob"]
    return models.DataTable(
        source=source,
        view=models.CDSView(filter=passed),
        columns=[
            models.TableColumn(
                field=field, title=title, width=width, formatter=formatter
            )
            for field, title, width, formatter in columns
        ],
        index_position=None,
        autosize_mode="none",
        sizing_mode="stretch_width",
        row_height=8 + _LINE * lines,
        height=min(560, 60 + (8 + _LINE * lines) * len(candidates)),
        selectable=True,
        sortable=True,
        reorderable=False,
    )


def _filters(source, passed, candidates):
    rewards = [candidate.reward for candidate in candidates]
    text = models.TextInput(
        placeholder="sep_conv_5x5 -skip",
        title="Cells with these words, without those after a minus",
        sizing_mode="stretch_width",
    )
    least = models.Slider(
        start=min(rewards),
        # A slider needs a range.
        end=max(*rewards, min(rewards) + 1e-4),
        value=min(rewards),
        step=max((max(rewards) - min(rewards)) / 100, 1e-6),
        format="0.0000",
        title="Reward on the minibatch at least",
        sizing_mode="stretch_width",
    )
    count = models.Div(text=f"{len(candidates)} of {len(candidates)}")
    arguments = {"source": source, "text": text, "least": least}
    arguments |= {"filter": passed, "count": count}
    changed = models.CustomJS(args=arguments, code=_FILTER)
    # While a person types, not only when they leave the field.
    text.js_on_change("value_input", changed)
    least.js_on_change("value", changed)
    return {"filter": text, "least": least, "count": count}


def _rewards(source, scored):
    plot = plotting.figure(
        height=300,
        sizing_mode="stretch_width",
        toolbar_location=None,
        tools="tap",
        x_axis_label="reward on the minibatch that all share",
        y_axis_label="reward on the validation split",
        outline_line_color=None,
    )
    rows = models.BooleanFilter(
        booleans=[i < scored for i in range(len(source.data["rank"]))]
    )
    plot.scatter(
        "reward",
        "validation",
        source=source,
        view=models.CDSView(filter=rows),
        size=11,
        fill_color=colours.BLUE,
        line_color="white",
        selection_fill_color=colours.VERMILION,
        nonselection_fill_alpha=0.45,
    )
    tips = [
        ("rank", "@rank"),
        ("minibatch", "@reward{0.0000}"),
        ("validation", "@validation{0.0000}"),
    ]
    plot.add_tools(models.HoverTool(tooltips=tips))
    plot.grid.grid_line_color = "#e6e6e6"
    plot.axis.axis_label_text_font_style = "normal"
    plot.axis.axis_line_color = colours.PALE
    plot.axis.major_tick_line_color = None
    plot.axis.minor_tick_line_color = None
    return plot
