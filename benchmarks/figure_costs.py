"""What seeing a search costs: time, size of the history, size of the report.

    python -m benchmarks.figure_costs

prints one JSON object. Searches on digits with all that a person sees and with
nothing of it run in turn, each in a process of its own; ratios are medians over
the pairs, from the end of the first epoch, which compiles, to that of the last.
The share is the part of that time in which lines and pictures were made: on a
machine that other work shares it says more than the ratio of two searches.
The history is one of 300 epochs as long as the paper's on CIFAR-10, of numbers
that hardly compress.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
from absl import app, flags, logging

from ednas_tf.analysis import history_names

_ROUNDS = flags.DEFINE_integer("rounds", 3, "Pairs of searches.")
_EPOCHS = flags.DEFINE_integer("epochs", 30, "Of every search.")
_SERVE = flags.DEFINE_enum(
    "serve", None, ["none", "all"], "Searches once, and prints the times."
)
#: The paper's search on CIFAR-10: 10,000 images in minibatches of 128.
_LONG, _STEPS = 300, 78


class _Nothing:
    """Shows nothing of a search."""

    def __init__(self, *_, **__):
        pass

    def tell(self, *_):
        return {}

    def images(self, *_):
        return {}


def _serve():
    from ednas_tf.loops.search import search_loop
    from ednas_tf.monitor import live
    from ednas_tf.settings import resolve

    times, spent = [], [0.0]
    shown = live.Live if _SERVE.value == "all" else _Nothing

    class Timed(shown):
        """Knows when every epoch had ended, pictures of the last included."""

        def tell(self, *args):
            begin = time.perf_counter()
            found = super().tell(*args)
            spent[0] += time.perf_counter() - begin
            return found

        def images(self, policies):
            begin = time.perf_counter()
            found = super().images(policies)
            times.append((time.perf_counter(), time.process_time()))
            spent[0] += times[-1][0] - begin
            return found

    live.Live = Timed
    settings = resolve.resolve(
        "digits", overrides=f"search.epochs={_EPOCHS.value},search.candidates=1"
    )
    with tempfile.TemporaryDirectory() as folder:
        search_loop.search(settings, pathlib.Path(folder) / "run")
    wall, processor = np.subtract(times[-1], times[0])
    share = spent[0] / wall
    told = {"wall": wall, "processor": processor, "share": share}
    print(json.dumps(told))


def _searched(kind):
    output = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.figure_costs"),
            *(*sys.argv[1:], f"--serve={kind}"),
        ],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
    return json.loads(output.splitlines()[-1])


def _row(space, draw, first=False):
    """An epoch's row of a history, of random numbers."""
    row = {"baseline": np.float32(draw.random())}
    edges, ops = len(space.edges), len(space.ops)
    for cell_type in space.cell_types:
        values = draw.dirichlet(np.ones(ops), edges).astype(np.float32)
        row[f"probabilities/operations/{cell_type}"] = values
        for node in range(space.num_nodes):
            choices = len(space.edge_choices(node))
            name = history_names.structure(cell_type, node, space)
            row[f"probabilities/{name}"] = draw.dirichlet(
                np.ones(choices)
            ).astype(np.float32)
    if first:
        return row
    shape = (_STEPS, len(space.cell_types))
    sources = np.concatenate(
        [
            np.array(space.edge_choices(node))[
                draw.integers(len(space.edge_choices(node)), size=shape)
            ]
            for node in range(space.num_nodes)
        ],
        axis=2,
    )
    chosen = draw.integers(ops, size=sources.shape)
    architectures = np.stack([sources, chosen], axis=2).astype(np.int8)
    counts = (2, len(space.cell_types), edges, ops)
    return row | {
        "epoch/counts": draw.poisson(5, counts),
        "epoch/rewards": draw.random(_STEPS).astype(np.float32),
        "epoch/architectures": architectures,
    }


def _write_long(folder):
    """A finished search of many epochs; returns the seconds of its last row."""
    import yaml

    from ednas_tf import whole_files
    from ednas_tf.analysis.candidates import Candidate, to_csv
    from ednas_tf.analysis.policy_history import PolicyHistory
    from ednas_tf.settings import schema
    from ednas_tf.space import convolutional, genotype

    space, draw = convolutional.convolutional(), np.random.default_rng(0)
    history = PolicyHistory(
        folder / "policy.npz", lambda *_: None, history_names.labels(space)
    )
    history.add(_row(space, draw, first=True))
    for epoch in range(_LONG):
        if epoch == _LONG - 1:
            history.write = whole_files.write
        begin = time.perf_counter()
        history.add(_row(space, draw))
        seconds = time.perf_counter() - begin
    candidates = []
    for i in range(100):
        choices = {
            cell_type: tuple(map(space.by_node, chosen))
            for cell_type, chosen in zip(
                space.cell_types,
                history.arrays["epoch/architectures"][-1, i % _STEPS],
                strict=True,
            )
        }
        found = genotype.Genotype.from_choices(space, choices)
        reward = draw.random()
        candidates.append(Candidate(i, found, reward, reward, log_prob=-30.0))
    (folder / "candidates.csv").write_text(to_csv(candidates))
    (folder / "genotype.json").write_text(candidates[0].genotype.to_json())
    settings = schema.Settings().as_dict()
    settings["search"]["space"] = {
        "name": space.name,
        "nodes": space.num_nodes,
        "ops": list(space.ops),
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(settings))
    return seconds


def _sizes():
    from ednas_tf.analysis import run_record
    from ednas_tf.reports import report_page
    from ednas_tf.settings import plain_yaml

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        seconds = _write_long(folder)
        begin = time.perf_counter()
        record = run_record.read(folder, plain_yaml.parse)
        page = report_page.page([record])
        return {
            "history_bytes": (folder / "policy.npz").stat().st_size,
            "report_bytes": len(page.encode()),
            "report_seconds": time.perf_counter() - begin,
            "history_row_seconds": seconds,
        }


def main(_):
    logging.set_verbosity(logging.WARNING)
    if _SERVE.value:
        _serve()
        return
    pairs = []
    for i in range(_ROUNDS.value):
        kinds = ("none", "all") if i % 2 else ("all", "none")
        pairs.append({kind: _searched(kind) for kind in kinds})
    ratios = {
        f"{clock}_ratio": statistics.median(
            pair["all"][clock] / pair["none"][clock] for pair in pairs
        )
        for clock in ("wall", "processor")
    }
    share = statistics.median(pair["all"]["share"] for pair in pairs)
    told = {
        "share": share,
        **ratios,
        **_sizes(),
        "pairs": pairs,
        "epochs": _EPOCHS.value,
    }
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    app.run(main)
