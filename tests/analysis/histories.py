"""Made-up searches: the files that a search would write, without one."""

import csv
import dataclasses
import json

import numpy as np
import yaml

from ednas_tf.analysis import history_names
from ednas_tf.space import (
    cell_space,
    convolutional,
    genotype,
    recurrent,
    spaces,
)

CONVOLUTIONAL = convolutional.convolutional()
RECURRENT = recurrent.recurrent()
SMALL = convolutional.convolutional(
    2, ("max_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5")
)


@spaces.space("uneven")
def uneven(nodes=3, ops=("max_pool_3x3", "none", "sep_conv_3x3", "shift")):
    """One cell with one input, unlike nodes and an output that leaves one out.

    Nodes keep one edge and two edges in turn.
    """
    return cell_space.CellSpace(
        name="uneven",
        family="convolutional",
        cell_types=("body",),
        num_inputs=1,
        fan_in=tuple(1 + node % 2 for node in range(nodes)),
        ops=ops,
        output=tuple(range(2, 1 + nodes)),
    )


@spaces.space("full")
def full(nodes=3, ops=("none", "skip_connect", "conv_1x1", "conv_3x3")):
    """One cell whose nodes keep all edges, so that inputs are no choice."""
    return cell_space.CellSpace(
        name="full",
        family="convolutional",
        cell_types=("cell",),
        num_inputs=1,
        fan_in=tuple(range(1, nodes + 1)),
        ops=ops,
        output=(nodes,),
    )


UNEVEN, FULL = uneven(), full()


def softmax(logits):
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def arrays(
    space, epochs, steps=6, seed=0, strength=3.0, marginals=True, effects=False
):
    """The arrays of a history whose policies drift to what earns most.

    Args:
      space: the space that is searched.
      epochs, steps: the number of epochs, and of child steps and policy steps
        in each.
      seed: the seed of all random numbers.
      strength: how far the policies drift, as a logit; 0 for uniform ones.
      marginals: whether the searcher reports probabilities and a baseline.
      effects: whether it reports effects, too; these need probabilities.
    """
    draw = np.random.default_rng(seed)
    found, likings = {}, {}
    ramp = np.linspace(0, 1, epochs + 1)[:, np.newaxis]
    for cell_type in space.cell_types:
        for node in range(space.num_nodes):
            liking = draw.normal(size=len(space.edge_choices(node)))
            name = history_names.structure(cell_type, node, space)
            name = f"probabilities/{name}"
            found[name] = softmax(strength * ramp * liking)
        liking = draw.normal(size=(len(space.edges), len(space.ops)))
        likings[cell_type] = liking
        logits = strength * ramp[..., np.newaxis] * liking
        found[f"probabilities/operations/{cell_type}"] = softmax(logits)
    sampled = _sampled(space, found, epochs, 2 * steps, draw)
    counts = _counts(space, sampled)
    rewards = _rewards(space, sampled[:, steps:], likings, draw)
    found = {name: value.astype(np.float32) for name, value in found.items()}
    found["baseline"] = np.append(0, rewards.mean(-1)).astype(np.float32)
    if not marginals:
        found = {}
    if effects:
        found |= _effects(found)
    found["epoch/counts"] = np.stack(
        [counts[:, :steps].sum(1), counts[:, steps:].sum(1)], 1
    )
    found["epoch/rewards"] = rewards.astype(np.float32)
    found["epoch/architectures"] = sampled[:, steps:].astype(np.int8)
    return found


def _effects(found):
    """Effects that grow with the probabilities, and their errors."""
    effects, kinds = {}, ("effects", "effect_errors")
    for name, value in found.items():
        if name.startswith("probabilities/"):
            centred = 0.1 * (value - value.mean(-1, keepdims=True))
            for kind, each in zip(
                kinds, (centred, 0.01 + 0 * value), strict=True
            ):
                effects[name.replace("probabilities", kind)] = each
    return effects


def _sampled(space, found, epochs, steps, draw):
    """[epochs, steps, cells, 2, slots]."""
    cells = len(space.cell_types)
    sampled = np.zeros((epochs, steps, cells, 2, space.num_slots), int)
    for c, cell_type in enumerate(space.cell_types):
        operations = found[f"probabilities/operations/{cell_type}"]
        for node in range(space.num_nodes):
            name = history_names.structure(cell_type, node, space)
            name = f"probabilities/{name}"
            choices = np.array(space.edge_choices(node))
            first = space.first_edge(node)
            for e in range(epochs):
                chosen = choices[_draws(draw, found[name][e], steps)]
                for s, sources in enumerate(chosen):
                    for slot, source in zip(
                        space.slots(node), sources, strict=True
                    ):
                        op = _draws(draw, operations[e, first + source], 1)[0]
                        sampled[e, s, c, :, slot] = source, op
    return sampled


def _draws(draw, probabilities, size):
    limits = np.cumsum(probabilities)[:-1]
    return np.searchsorted(limits, draw.random(size))


def _counts(space, sampled):
    epochs, steps = sampled.shape[:2]
    cells = len(space.cell_types)
    shape = (epochs, steps, cells, len(space.edges), len(space.ops))
    counts = np.zeros(shape, np.int64)
    for e, s, c, slot in np.ndindex(epochs, steps, cells, space.num_slots):
        source, op = sampled[e, s, c, :, slot]
        counts[e, s, c, space.first_edges()[slot] + source, op] += 1
    return counts


def _rewards(space, sampled, likings, draw):
    """Rewards that rise; operations that are liked earn a little more."""
    epochs, steps, cells = sampled.shape[:3]
    rewards = np.zeros((epochs, steps))
    for e, s, c, slot in np.ndindex(epochs, steps, cells, space.num_slots):
        source, op = sampled[e, s, c, :, slot]
        liking = likings[space.cell_types[c]]
        rewards[e, s] += liking[space.first_edges()[slot] + source, op]
    rise = 0.5 - 0.4 * np.exp(-np.arange(epochs) / max(1, epochs / 3))
    noise = draw.normal(0, 0.02, rewards.shape)
    return np.clip(rise[:, np.newaxis] + 0.01 * rewards + noise, 0, 1)


def settings(space, epochs, searcher="ednas", evidence="shared"):
    """The part of `params.yaml` that is looked at here."""
    recurrent = space.name == "recurrent"
    return {
        "seed": 0,
        "task": "language_modelling" if recurrent else "image_classification",
        "data": {"name": "penn_treebank" if recurrent else "digits"},
        "search": {
            "searcher": searcher,
            "space": {
                "name": space.name,
                "nodes": space.num_nodes,
                "ops": list(space.ops),
            },
            "epochs": epochs,
            "candidates": 12,
            "evidence": evidence,
            "short": {"searcher": "thompson", "trainings": 16},
        },
    }


def genotype_of(space, draw):
    """An architecture that is drawn at random."""
    sampled = {}
    for cell_type in space.cell_types:
        edges = [
            space.edge_choices(node)[
                draw.integers(len(space.edge_choices(node)))
            ]
            for node in range(space.num_nodes)
        ]
        ops = [draw.integers(len(space.ops), size=len(s)) for s in edges]
        sampled[cell_type] = (edges, ops)
    return genotype.Genotype.from_choices(space, sampled)


def candidates(space, count=12, rescored=6, seed=0, marginals=True):
    """Rows of `candidates.csv`, the best first."""
    draw = np.random.default_rng(seed)
    rows = []
    for sample in range(count):
        found = genotype_of(space, draw)
        rows.append(
            {
                "reward": 0.6 - 0.01 * sample,
                "validation_reward": 0.55 - 0.01 * ((3 * sample) % rescored)
                if sample < rescored
                else "",
                "log_prob": -30.0 + draw.normal() if marginals else "",
                "sample": (7 * sample) % count,
                "genotype_fingerprint": found.fingerprint(),
                "genotype": json.dumps(json.loads(found.to_json())),
            }
        )
    rows.sort(key=lambda row: -(row["validation_reward"] or -1))
    return [{"rank": i, **row} for i, row in enumerate(rows, 1)]


def write(directory, space, epochs=5, done=None, searcher="ednas", **kept):
    """Writes the directory of a search.

    Args:
      directory: the directory, which is made.
      space, searcher: what the search searched, and how.
      epochs: the number of epochs that were planned.
      done: the number of epochs that are done, if the search is under way;
        then there are no candidates.
      **kept: arguments of `arrays`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(settings(space, epochs, searcher))
    (directory / "params.yaml").write_text(text)
    history = arrays(space, epochs if done is None else done, **kept)
    save(directory, space, history)
    start = {
        "time": "2026-11-24 10:00:00 UTC",
        "host": "one",
        "pid": 1,
        "devices": ["x86"],
        "versions": {"python": "3.11", "tensorflow": "2.20.0"},
    }
    (directory / "starts.json").write_text(json.dumps([start]))
    if done is None:
        marginals = kept.get("marginals", True)
        write_candidates(directory, candidates(space, marginals=marginals))
    return directory


def save(directory, space, history):
    """Writes the arrays of a history, with their names."""
    labels = history_names.labels(space)
    np.savez_compressed(directory / "policy.npz", **labels, **history)


def write_candidates(directory, rows):
    """Writes the table, and the first row's architecture as the result."""
    with (directory / "candidates.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    best = json.loads(rows[0]["genotype"])
    best["provenance"] = {"reward": rows[0]["reward"]}
    (directory / "genotype.json").write_text(json.dumps(best))


def with_ops(space, ops):
    """The same space with other operations."""
    return dataclasses.replace(space, ops=ops)
