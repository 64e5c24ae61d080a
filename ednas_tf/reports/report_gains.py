"""Every operation on every edge, and what it earned, as a table by Bokeh."""

import itertools

from bokeh import models

from ednas_tf.analysis import gains
from ednas_tf.analysis.policies import Policies


def build(policies: Policies) -> models.DataTable:
    """A row for each, the largest gains that are clear first."""
    found = list(
        itertools.chain.from_iterable(
            gains.of_pairs(policies, cell_type)
            for cell_type in policies.space.cell_types
        )
    )
    found.sort(key=lambda each: (not each.is_clear, -abs(each.gain)))
    number = models.NumberFormatter(format="+0.0000", nan_format="–")
    columns = [
        ("cell", "cell", 75, models.StringFormatter()),
        ("name", "edge and operation", 150, models.StringFormatter()),
        ("samples", "samples", 65, models.NumberFormatter(format="0,0")),
        ("gain", "gain", 65, number),
        ("low", "from", 65, number),
        ("high", "to", 65, number),
        ("clear", "clear", 50, models.StringFormatter()),
    ]
    data = {
        "cell": [each.cell_type for each in found],
        "clear": ["yes" if each.is_clear else "" for each in found],
        **{
            field: [getattr(each, field) for each in found]
            for field in ("name", "samples", "gain", "low", "high")
        },
    }
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


def chance(policies: Policies) -> str:
    """How many of its rows are clear, and how many would be by chance."""
    found = [
        each
        for cell_type in policies.space.cell_types
        for each in gains.of_pairs(policies, cell_type)
        # Not a number is not itself.
        if each.low == each.low
    ]
    clear = sum(each.is_clear for each in found)
    return (
        f"Of {len(found)} with {gains.FEWEST} samples or more, and as many "
        f"without, {clear} are clear; {0.05 * len(found):.0f} would be by "
        "chance if none made a difference."
    )
