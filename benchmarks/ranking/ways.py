"""Ways of scoring cells of NAS-Bench-201 on real images, and their cost."""

import json
import pathlib
import types
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from benchmarks.search_quality import setting, supernets, trainings
from ednas_tf.analysis import scores as training_scores
from ednas_tf.loops.short import directions
from ednas_tf.nets import architectures
from ednas_tf.searchers.choices import Choices
from ednas_tf.space import spaces

#: Number of cells, the same ones for all seeds, and how many of them have short
#: trainings.
CELLS, TRAINED = 200, 100
#: The networks: one cell in each of the three stages.
SPACE = "nas_bench_201"
OVERRIDES = f"search.space.name={SPACE},search.network.cells=3"
#: Child steps after which the weights of a supernet are kept.
MARKS = 8000, 16_000, 31_000, 31_500, 32_000
#: Those that score, and those whose weights are averaged.
SCORED, AVERAGED = (MARKS[0], MARKS[1], MARKS[-1]), MARKS[-3:]
#: The schedule of a short training, and the steps after which it is scored. All
#: short trainings together have as many steps as the supernet.
LENGTH, SHORT_MARKS = 640, (40, 80, 160, 320)
_LEAST_EXTRAPOLATED = 8 * trainings.BLOCK
#: What is kept of each.
_KEPT = "marks", "losses"
#: What the searcher is told of a supernet.
SUPERNET = f"supernet of {MARKS[-1]} steps, likelihood, all minibatches"
#: What a search by short trainings believes of all cells, at the cost of one
#: supernet.
DEFAULT = f"beliefs after {SHORT_MARKS[-1]} steps of each"

#: Weights that each operation adds to a network of the table on CIFAR-10.
_WEIGHTS = {"nor_conv_3x3": 243_040, "nor_conv_1x1": 28_000}


def drawn_cells():
    """The random cells: `CELLS` genotypes that differ."""
    drawn = setting.genotypes(2 * CELLS, 0, SPACE)
    return list(dict.fromkeys(drawn))[:CELLS]


def rows(table, cells) -> np.ndarray:
    """The rows of the table that have these cells."""
    space = spaces.default(SPACE)
    ops = [sum(cell.choices(space)["normal"][1], []) for cell in cells]
    return table.codes(np.array(ops), space.ops)


def num_weights(cell) -> int:
    """Number of weights of a cell's network in the table."""
    (nodes,) = (each.nodes for each in cell.cells.values())
    ops = [edge.op for node in nodes for edge in node]
    return sum(_WEIGHTS.get(op, 0) for op in ops)


def by_supernet(
    folder: pathlib.Path, seed: int, cells, cifar10_dir
) -> dict[str, dict]:
    """Scores by shared weights: name -> scores [cells], and seconds."""
    file = folder / f"supernet_{seed}.json"
    if file.exists():
        return json.loads(file.read_text())
    images = setting.images(cifar10_dir)
    shared = supernets.Shared(folder, MARKS, seed, OVERRIDES)
    shared.train(images)
    frozen = supernets.Frozen(images, OVERRIDES)
    found = supernets.ways(shared, frozen, cells, SCORED, AVERAGED)
    file.write_text(json.dumps(found) + "\n")
    return found


def short_trainings(
    folder: pathlib.Path, seed: int, cells, cifar10_dir, processes: int
) -> list[dict]:
    """What a short training of each of these cells gave, see `trainings`."""
    file = folder / f"short_{seed}.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    # A stopped benchmark can have left a part of a line.
    lines = [line for line in lines if line.endswith("]")]
    file.write_text("".join(f"{line}\n" for line in lines))
    kept = dict(map(json.loads, lines))
    requests = [
        trainings.Request(str(i), cell, seed, LENGTH, SHORT_MARKS, False)
        for i, cell in enumerate(cells)
        if str(i) not in kept
    ]
    with file.open("a") as stream:
        for request, found in trainings.done(
            requests, cifar10_dir, processes, OVERRIDES
        ):
            kept[request.name] = {key: found[key] for key in _KEPT}
            line = json.dumps([request.name, kept[request.name]])
            print(line, file=stream, flush=True)
    return [kept[str(i)] for i in range(len(cells))]


def by_short(short: Sequence[dict]) -> dict[str, dict]:
    """Scores by short trainings: name -> scores [trained], and seconds."""
    found = {}
    for mark in map(str, SHORT_MARKS):
        at = [each["marks"][mark] for each in short]
        trained = sum(each["seconds"] for each in at)
        scored = trained + sum(each["seconds_of_score"] for each in at)
        found |= {
            f"{mark} steps of each, validation {name}": {
                "scores": [each[key] for each in at],
                "seconds": scored,
            }
            for name, key in (
                ("accuracy", "accuracy"),
                ("likelihood", "log_likelihood"),
            )
        }
        found[f"{mark} steps of each, loss while training"] = {
            "scores": [-each["while_training"]["loss"] for each in at],
            "seconds": trained,
        }
        found[f"{mark} steps of each, score"] = {
            "scores": _scores(at),
            "seconds": scored,
        }
        if int(mark) >= _LEAST_EXTRAPOLATED:
            losses = [extrapolated(each["losses"], int(mark)) for each in short]
            found[f"{mark} steps of each, loss extrapolated"] = {
                "scores": [-loss for loss in losses],
                "seconds": trained,
            }
    return found


def _scores(at):
    """What a search would rank these by, without repeated trainings."""
    rung = [
        types.SimpleNamespace(
            loss=each["while_training"]["loss"], reward=each["accuracy"]
        )
        for each in at
    ]
    scale = training_scores.scale(rung, None)
    return [scale.score(each) for each in rung]


def extrapolated(losses: Sequence[float], steps: int) -> float:
    """The loss at the end of the schedule, if it goes on falling as it fell.

    It is taken to fall by the same amount with each doubling of the steps, as
    it did from a quarter of the steps on.

    Args:
      losses: means of `trainings.BLOCK` steps each.
      steps: number of steps that are known.
    """

    def until(end):
        return np.mean(
            losses[end // 2 // trainings.BLOCK : end // trainings.BLOCK]
        )

    last, before = until(steps), until(steps // 4)
    return float(last - np.log2(LENGTH / steps) * (before - last) / 2)


def believed(ways: dict[str, dict], cells, seed: int) -> dict[str, dict]:
    """What the default searcher believes of each cell.

    Args:
      ways: scores by name, of supernets and of short trainings.
      cells: all cells; the first ones have short trainings.
      seed: seed of the searcher.
    """
    space, supernet = spaces.default(SPACE), ways[SUPERNET]
    choices = Choices(space)
    made = tf.stack(
        [
            choices.made(architectures.from_genotype(space, cell))
            for cell in cells
        ]
    )
    weights = {"the number of weights": _effects_of_weights()}
    learnt = _told(seed, {}, made, supernet["scores"])
    shared = {"a supernet": directions.preferences(learnt)}
    found = {}
    for mark in SHORT_MARKS:
        short = ways[f"{mark} steps of each, score"]
        for name, known, seconds in (
            ("", weights, 0.0),
            (" and supernet", weights | shared, supernet["seconds"]),
        ):
            model = _told(seed, known, made, short["scores"]).model
            found[f"beliefs after {mark} steps of each{name}"] = {
                "scores": tf.linalg.matvec(made, model.mean).numpy().tolist(),
                "seconds": short["seconds"] + seconds,
            }
    return found


def _told(seed, directions_known, made, scores):
    """The default searcher, told directions and scores of the first cells."""
    searcher = setting.searcher(
        setting.settings(seed, f"{OVERRIDES},search.searcher=thompson"), seed
    )
    for name, effects in directions_known.items():
        searcher.inform(name, effects)
    known = made[: len(scores)]
    searcher.model.add(known, tf.constant(scores, tf.float32), comparable=True)
    return searcher


def _effects_of_weights():
    """The number of weights of each operation, as effects of choices."""
    space = spaces.default(SPACE)
    of_ops = [float(_WEIGHTS.get(op, 0)) for op in space.ops]
    (cell_type,) = space.cell_types
    return {f"operations/{cell_type}": np.tile(of_ops, (len(space.edges), 1))}
