"""How good an architecture each searcher finds, by the table of NAS-Bench-201.

    python -m benchmarks.tabular --data_dir=FOLDER --runs=500
    python -m benchmarks.tabular --data_dir=FOLDER --runs=500 --searcher=all

FOLDER holds the table. Without --searcher the default searcher is run, and with
"all" every searcher that is registered. Each run is a search with a seed of its
own, until the trainings that it looks up would have taken --table_seconds. It
sees validation accuracies after 12 epochs, and ends with the architecture that
has the highest. That one is judged by its accuracies after 200 epochs.

With --output_dir, tabular.png and tabular.svg show the mean test accuracy over
simulated seconds, tabular.md has it as a table, and tabular.json has the
results. The last thing that is printed is one JSON object: mean and standard
deviation over the runs of the accuracies in percent, and `interval`, half the
width of the 95 % confidence interval of `test_mean`. With several searchers it
is about the default one, and `searchers` has the same for each.
"""

import json
import os
import pathlib
import sys
import time

import numpy as np
from absl import app, flags

from benchmarks import table_runs
from ednas_tf import errors, searchers
from ednas_tf.commands import paths, search_flags, settings_flags
from ednas_tf.data import bench_table
from ednas_tf.settings import resolve, schema

_RUNS = flags.DEFINE_integer("runs", 500, "Number of runs.", lower_bound=2)
_PROCESSES = flags.DEFINE_integer(
    "processes", os.cpu_count(), "Number of processes.", lower_bound=1
)
_OUTPUT_DIR = flags.DEFINE_string("output_dir", None, "Folder for results.")
# --data_dir and --params_override; --searcher and --table_seconds.
flags.adopt_module_key_flags(settings_flags)
flags.adopt_module_key_flags(search_flags)

#: Shares of the budget at which the table has a column.
_COLUMNS = (0.125, 0.25, 0.5, 1.0)
_POINTS = 96


def main(argv):
    del argv
    asked = flags.FLAGS.searcher
    default = resolve.resolve("nas_bench_201").search.searcher
    names = [asked or default]
    if asked == "all":
        names = [default, *(n for n in searchers.names() if n != default)]
    data_dir = str(paths.path(flags.FLAGS.data_dir or "."))
    table = bench_table.read(data_dir)
    budget = flags.FLAGS.table_seconds or schema.Table().seconds
    grid = budget * np.arange(1, _POINTS + 1) / _POINTS
    results, curves = {}, {}
    for name in names:
        begin = time.monotonic()
        overrides = [f"table.seconds={budget}", *flags.FLAGS.params_override]
        task = table_runs.Task(name, data_dir, ",".join(overrides))
        settings = task.settings(0)
        searchers.complete(settings)
        runs = table_runs.run_all(task, range(_RUNS.value), _PROCESSES.value)
        curves[name] = np.array(
            [over_time(rows, table, settings.table, grid) for rows in runs]
        )
        results[name] = result(runs, table, settings.table)
        print(f"{name}: {time.monotonic() - begin:.0f} s, {results[name]}")
    text = markdown(curves, grid)
    print(f"\nmean test accuracy in percent\n\n{text}")
    found = {**results[names[0]], "searcher": names[0], "runs": _RUNS.value}
    if len(names) > 1:
        found["searchers"] = results
    if _OUTPUT_DIR.value:
        folder = pathlib.Path(_OUTPUT_DIR.value)
        folder.mkdir(parents=True, exist_ok=True)
        _draw(curves, grid, table, folder)
        (folder / "tabular.md").write_text(text)
        content = json.dumps(found, indent=2) + "\n"
        (folder / "tabular.json").write_text(content)
    print(json.dumps(found))


def incumbents(rows, table, settings) -> np.ndarray:
    """The best row so far after each look-up of a run, by its reward."""
    rewards = table.rewards(settings.epochs, settings.run)[rows]
    # Among equal ones the first is kept.
    better = rewards > np.maximum.accumulate(np.r_[-1.0, rewards[:-1]])
    return rows[
        np.maximum.accumulate(np.where(better, np.arange(len(rows)), 0))
    ]


def over_time(rows, table, settings, grid) -> np.ndarray:
    """The test accuracy in percent of the best found by each of some times.

    It is nan before the first training has ended.
    """
    ends = np.cumsum(table.seconds(settings.epochs)[rows])
    last = np.searchsorted(ends, grid, "right") - 1
    test = 100 * table.test[incumbents(rows, table, settings)]
    return np.where(last >= 0, test[np.maximum(last, 0)], np.nan)


def result(runs, table, settings) -> dict[str, float]:
    """What the runs found: means, deviations, and the interval."""
    found = [incumbents(rows, table, settings)[-1] for rows in runs]
    valid, test = 100 * table.validation[200][found], 100 * table.test[found]
    numbers = {
        "valid_mean": valid.mean(),
        "valid_std": valid.std(ddof=1),
        "test_mean": test.mean(),
        "test_std": test.std(ddof=1),
        "interval": 1.96 * test.std(ddof=1) / np.sqrt(len(runs)),
        "median_rank": np.median(table.ranks[found]),
        "trainings": np.mean([len(rows) for rows in runs]),
    }
    return {name: round(float(each), 4) for name, each in numbers.items()}


def markdown(curves, grid) -> str:
    """A table with a row for each searcher and a column for some times."""
    places = [round(share * len(grid)) - 1 for share in _COLUMNS]
    lines = [
        "| searcher | "
        + " | ".join(f"{grid[i]:,.0f} s" for i in places)
        + " |",
        "|---" * (1 + len(places)) + "|",
    ]
    for name, found in curves.items():
        means, deviations = np.nanmean(found, 0), np.nanstd(found, 0, ddof=1)
        cells = [f"{means[i]:.2f} ± {deviations[i]:.2f}" for i in places]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _draw(curves, grid, table, folder):
    """Draws the mean of all runs of each searcher, with its interval."""
    from ednas_tf.figures import colours, style

    @style.styled
    def draw():
        figure = style.figure(6.4, 3.6)
        axis = figure.subplots()
        for i, (name, found) in enumerate(curves.items()):
            mean = np.nanmean(found, 0)
            known = np.sum(~np.isnan(found), 0)
            reach = 1.96 * np.nanstd(found, 0) / np.sqrt(known)
            colour = colours.ORDER[i % len(colours.ORDER)]
            axis.plot(grid, mean, color=colour, label=name)
            axis.fill_between(
                grid, mean - reach, mean + reach, color=colour, alpha=0.2, lw=0
            )
        best = 100 * table.test.max()
        axis.axhline(
            best, color=colours.PALE, linestyle="--", label="best of all"
        )
        axis.set_ylim(best - 2.5, best + 0.1)
        axis.set_xlabel("simulated seconds of training")
        axis.set_title("Test accuracy (%) of the best architecture so far")
        axis.grid()
        axis.legend(loc="lower right")
        return figure

    figure = draw()
    for form in ("png", "svg"):
        figure.savefig(
            folder / f"tabular.{form}",
            metadata={"Date": None} if form == "svg" else None,
        )


def _command(argv):
    try:
        main(argv)
    except errors.RequestError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    app.run(_command)
