"""Every operation on every edge and what it earned, as a table by Bokeh."""

from bokeh import models

from ednas_tf.analysis import gains
from ednas_tf.analysis.policies import Policies


def build(policies: Policies) -> models.DataTable:
    """A table with a row for each choice: clear gains first, largest first.

    Without independent draws there are no intervals, nor columns of them.
    """
    found = _all(policies)
    found.sort(key=lambda each: (not each.is_clear, -abs(each.value)))
    number = models.NumberFormatter(format="+0.0000", nan_format="–")
    columns = [
        ("cell", "cell", 75, models.StringFormatter()),
        ("name", "edge and operation", 150, models.StringFormatter()),
        ("samples", "samples", 65, models.NumberFormatter(format="0,0")),
        ("value", "gain", 65, number),
        ("low", "from", 65, number),
        ("high", "to", 65, number),
        ("clear", "clear", 50, models.StringFormatter()),
    ]
    if not policies.draws_independently:
        columns = columns[:-3]
    data = {
        "cell": [each.cell_type for each in found],
        "clear": ["yes" if each.is_clear else "" for each in found],
        **{
            field: [getattr(each, field) for each in found]
            for field in ("name", "samples", "value", "low", "high")
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
    """How many rows of the table are clear, and how many would be by chance."""
    if not policies.draws_independently:
        return (
            "There are no intervals, as these architectures are no independent "
            "draws."
        )
    # An interval that is unknown (nan) is not equal to itself.
    found = [each for each in _all(policies) if each.low == each.low]
    clear = sum(each.is_clear for each in found)
    expected = 0.05 * len(found)
    return (
        f"{len(found)} rows have an interval, as at least {gains.FEWEST} "
        f"architectures have the choice and {gains.FEWEST} do not. Of these, "
        f"{clear} are clear; {expected:.{1 if 0 < expected < 1 else 0}f} would "
        "be clear by chance if no choice made a difference."
    )


def _all(policies):
    return [
        gain
        for cell_type in policies.space.cell_types
        for gain in gains.of_pairs(policies, cell_type)
    ]
