"""Several searches of one space, side by side."""

import numpy as np

from ednas_tf.analysis import op_names, policy_reading
from ednas_tf.analysis.run_record import RunRecord
from ednas_tf.figures import colours, style
from ednas_tf.figures.time_figure import shown_rows


@style.styled
def rewards(records: list[RunRecord]):
    """The mean reward of every epoch, with a line for each search.

    Args:
      records: searches that have policies.
    """
    figure = style.figure(7.2, 2.8)
    axis = figure.subplots()
    for i, record in enumerate(records):
        means = record.policies.rewards.mean(-1)
        rows = shown_rows(len(means))
        axis.plot(
            rows + 1,
            means[rows],
            color=colours.ORDER[i % len(colours.ORDER)],
            linestyle=("-", "--", ":")[i // len(colours.ORDER) % 3],
            label=record.name,
        )
    axis.set_title("Mean reward of the sampled architectures")
    axis.set_xlabel("epoch")
    axis.xaxis.get_major_locator().set_params(integer=True)
    _finish(axis)
    return figure


@style.styled
def shares(records: list[RunRecord], cell_type: str):
    """The operations of sampled cells at the end, a bar for each search.

    Args:
      records: searches that have policies.
      cell_type: the cell that is shown.
    """
    ops = records[0].policies.space.ops
    figure = style.figure(max(6.0, 1.0 + 0.95 * len(ops)), 2.8)
    axis = figure.subplots()
    wide = 0.8 / len(records)
    for i, record in enumerate(records):
        found = policy_reading.op_shares(record.policies, cell_type)[-1]
        axis.bar(
            np.arange(len(ops)) + (i - (len(records) - 1) / 2) * wide,
            found,
            0.92 * wide,
            color=colours.ORDER[i % len(colours.ORDER)],
            label=record.name,
        )
    axis.set_xticks(
        range(len(ops)),
        [op_names.short(op) for op in ops],
        rotation=20,
        ha="right",
        rotation_mode="anchor",
    )
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axis.yaxis.get_major_locator().set_params(steps=[1, 2, 5, 10])
    axis.set_title(f"{cell_type} cell: operations of its edges at the end")
    _finish(axis)
    return figure


def _finish(axis):
    axis.grid(axis="y")
    axis.tick_params(length=0)
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
