"""What a searcher believes each choice to be worth, as a table by Bokeh."""

from bokeh import models

from ednas_tf.analysis.policies import Policies


def build(policies: Policies) -> models.DataTable:
    """A table with a row for each choice after the last epoch.

    The largest effects stand first. What has no alternative has no row.

    Args:
      policies: the policies of a search whose searcher reports effects.
    """
    found = _rows(policies)
    found.sort(key=lambda row: -abs(row["effect"]))
    text, signed = models.StringFormatter(), "+0.0000"
    columns = [
        ("cell", "cell", 75, text),
        ("place", "place", 80, text),
        ("choice", "choice", 130, text),
        ("effect", "effect", 75, models.NumberFormatter(format=signed)),
        ("error", "error", 75, models.NumberFormatter(format="0.0000")),
        (
            "probability",
            "best with probability",
            130,
            models.NumberFormatter(format="0.00"),
        ),
    ]
    data = {name: [row[name] for row in found] for name, *_ in columns}
    return models.DataTable(
        source=models.ColumnDataSource(data),
        columns=[
            models.TableColumn(
                field=field, title=title, width=width, formatter=formatter
            )
            for field, title, width, formatter in columns
        ],
        index_position=None,
        autosize_mode="none",
        sizing_mode="stretch_width",
        height=300,
        reorderable=False,
    )


def _rows(policies):
    return [
        {
            "cell": vector.cell_type,
            "place": vector.place,
            "choice": choice,
            "effect": float(vector.effects[-1, i]),
            "error": float(vector.effect_errors[-1, i]),
            "probability": float(vector.probabilities[-1, i]),
        }
        for vector in policies.vectors()
        if len(vector.choices) > 1
        for i, choice in enumerate(vector.choices)
    ]
