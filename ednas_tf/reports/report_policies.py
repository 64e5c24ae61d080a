"""Tables of probabilities that a slider moves over the epochs, by Bokeh."""

import numpy as np
from bokeh import models, plotting

from ednas_tf.analysis.policies import Policies
from ednas_tf.figures import style, tables
from ednas_tf.figures.time_figure import shown_rows

#: The most numbers that a page holds; if tables have more, epochs are skipped.
_MOST_NUMBERS = 400_000
_PIXELS, _LETTERS = 24, "11px"
#: Milliseconds for each epoch while it plays, and at most for all of them.
_STEP, _WHOLE = 250, 20_000

_MOVE = """
const row = slider.value;
for (const table of tables) {
  const {source, values, shares} = table;
  const count = source.data.x.length;
  const data = {...source.data, value: [], text: [], fill: [], ink: []};
  for (let i = 0; i < count; i++) {
    const value = values[row * count + i], share = shares[row * count + i];
    data.value.push(value);
    const known = !isNaN(value);
    const digits = value > 0.995 ? "1" : value.toFixed(2).slice(1);
    data.text.push(known ? digits : "–");
    data.fill.push(known ? palette[share] : unknown);
    data.ink.push(known && share < dark ? "#ffffff" : "#000000");
  }
  source.data = data;
}
shown.text = row ? `epoch ${epochs[row]} of ${planned}` : "before epoch 1";
"""

_PLAY = """
const last = slider.end;
clearInterval(button.tags[0]);
if (!button.active) { button.label = "Play"; return; }
button.label = "Pause";
if (slider.value >= last) slider.value = slider.start;
button.tags = [setInterval(() => {
  if (slider.value >= last) { button.active = false; return; }
  slider.value = Math.min(last, slider.value + 1);
}, pause)];
"""


def build(
    policies: Policies, planned: int, within_nodes: bool = False
) -> dict[str, models.UIElement]:
    """Tables of all cells, and the slider and button that move them.

    Args:
      policies: the policies of a search.
      planned: the number of epochs of the whole search.
      within_nodes: how values get their colours, see `tables.Table.shares`.

    Returns:
      "slider", "play", "shown" and "operations/<cell>"; also
      "structure/<cell>" if nodes can have different inputs.
    """
    made, moved = {}, []
    kinds = {"operations": tables.operations}
    if policies.chooses_inputs:
        kinds["structure"] = tables.structure
    found = {
        f"{kind}/{cell_type}": make(policies, cell_type)
        for cell_type in policies.space.cell_types
        for kind, make in kinds.items()
    }
    value = "probability" if policies.has_probabilities else "share"
    numbers = sum(table.values.shape[1] for table in found.values())
    rows = shown_rows(policies.epochs + 1, max(2, _MOST_NUMBERS // numbers))
    for name, table in found.items():
        shares = np.nan_to_num(table.shares(within_nodes)[rows])
        made[name], source = _plot(table, shares[-1], value)
        shares = np.round(255 * shares).astype(np.uint8)
        values = table.values[rows].astype(np.float32)
        moved.append({"source": source, "values": values, "shares": shares})
    made |= _controls(rows, moved, planned)
    return made


def _controls(rows, moved, planned):
    last = len(rows) - 1
    shown = models.Div(
        text=f"epoch {rows[-1]} of {planned}",
        styles={"font-weight": "bold", "font-size": "15px"},
    )
    slider = models.Slider(
        start=0,
        end=last,
        value=last,
        step=1,
        show_value=False,
        title="",
        sizing_mode="stretch_width",
        tags=["epochs"],
    )
    slider.js_on_change(
        "value",
        models.CustomJS(
            args={
                "slider": slider,
                "tables": moved,
                "shown": shown,
                "epochs": rows.tolist(),
                "planned": planned,
                "palette": style.amount(np.arange(256) / 255),
                "dark": round(255 * style.DARK),
                "unknown": style.UNKNOWN,
            },
            code=_MOVE,
        ),
    )
    play = models.Toggle(label="Play", width=90, tags=[0])
    pause = min(_STEP, _WHOLE // max(1, last))
    arguments = {"slider": slider, "button": play, "pause": pause}
    play.js_on_change("active", models.CustomJS(args=arguments, code=_PLAY))
    return {"slider": slider, "play": play, "shown": shown}


def _plot(table: tables.Table, share: np.ndarray, value: str):
    source = models.ColumnDataSource(_data(table, share))
    high = _PIXELS * (1.5 if any(table.captions) else 1)
    plot = plotting.figure(
        height=round(high * table.height + (95 if table.columns else 8)),
        sizing_mode="stretch_width",
        x_range=models.Range1d(0, table.width),
        y_range=models.Range1d(table.height, 0),
        x_axis_location="above",
        toolbar_location=None,
        tools="",
        outline_line_color=None,
        min_border=0,
        min_border_right=30 if table.columns else 2,
    )
    plot.rect(
        "x",
        "y",
        0.98,
        0.94,
        source=source,
        fill_color="fill",
        line_color=None,
    )
    letters = {"source": source, "text_align": "center"}
    letters |= {"text_baseline": "middle", "text_color": "ink"}
    shift = 0.2 if any(table.captions) else 0
    plot.text(
        "x",
        {"field": "y", "transform": models.Dodge(value=shift)},
        text="text",
        text_font_size=_LETTERS,
        **letters,
    )
    if shift:
        above = {"field": "y", "transform": models.Dodge(value=-shift)}
        plot.text("x", above, text="caption", text_font_size="9px", **letters)
    tips = [("", "@name"), (value, "@value{0.0000}")]
    plot.add_tools(models.HoverTool(tooltips=tips))
    _axes(plot, table)
    return plot, source


def _data(table, share):
    share = np.where(np.isnan(table.values[-1]), np.nan, share)
    return {
        "x": table.x,
        "y": table.y,
        "name": table.names,
        "caption": table.captions,
        "value": table.values[-1],
        "text": [style.number(value) for value in table.values[-1]],
        "fill": style.amount(share),
        "ink": [style.on_amount(each) for each in share],
    }


def _axes(plot, table):
    plot.grid.visible = False
    for axis, labels in ((plot.xaxis, table.columns), (plot.yaxis, table.rows)):
        axis.ticker = models.FixedTicker(ticks=[at for at, _ in labels])
        axis.major_label_overrides = {
            at: models.PlainText(text=name) for at, name in labels
        }
        axis.axis_line_color = None
        axis.major_tick_line_color = None
        axis.minor_tick_line_color = None
        axis.major_label_text_font_size = "11px"
        axis.major_label_text_color = "#222222"
    plot.xaxis.major_label_orientation = 0.95
    plot.xaxis.visible = bool(table.columns)
