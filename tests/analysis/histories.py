"""Searches made up by hand: what one would leave, without running it."""

import csv
import dataclasses
import json

import numpy as np
import yaml

from ednas_tf.space import convolutional, genotype, recurrent

CONVOLUTIONAL = convolutional.convolutional()
RECURRENT = recurrent.recurrent()
SMALL = convolutional.convolutional(
    2, ("max_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5")
)


def softmax(logits):
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def arrays(space, epochs, steps=6, seed=0, strength=3.0, architectures=True):
    """The arrays of a history, of policies that drift to what earns most.

    Args:
      space: that is searched.
      epochs, steps: so many epochs of so many child and policy steps.
      seed: of all draws.
      strength: of the policies at the end, as a logit; 0 for uniform ones.
      architectures: whether the history says which one earned which reward.
    """
    draw = np.random.default_rng(seed)
    found, likings = {}, {}
    ramp = np.linspace(0, 1, epochs + 1)[:, np.newaxis]
    for cell_type in space.cell_types:
        for node in range(space.num_nodes):
            liking = draw.normal(size=len(space.edge_choices(node)))
            name = f"probabilities/structure/{cell_type}/node_{node}"
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
    found["epoch/counts"] = np.stack(
        [counts[:, :steps].sum(1), counts[:, steps:].sum(1)], 1
    )
    found["epoch/rewards"] = rewards.astype(np.float32)
    if architectures:
        found["epoch/architectures"] = sampled[:, steps:].astype(np.int8)
    return found


def _sampled(space, found, epochs, steps, draw):
    """[epochs, steps, cells, 2, nodes, edges per node]."""
    nodes, kept = space.num_nodes, space.edges_per_node
    cells = len(space.cell_types)
    sampled = np.zeros((epochs, steps, cells, 2, nodes, kept), int)
    for c, cell_type in enumerate(space.cell_types):
        operations = found[f"probabilities/operations/{cell_type}"]
        for node in range(nodes):
            name = f"probabilities/structure/{cell_type}/node_{node}"
            choices = np.array(space.edge_choices(node))
            first = space.first_edge(node)
            for e in range(epochs):
                chosen = choices[_draws(draw, found[name][e], steps)]
                sampled[e, :, c, 0, node] = chosen
                for s, sources in enumerate(chosen):
                    for j, source in enumerate(sources):
                        sampled[e, s, c, 1, node, j] = _draws(
                            draw, operations[e, first + source], 1
                        )[0]
    return sampled


def _draws(draw, probabilities, size):
    limits = np.cumsum(probabilities)[:-1]
    return np.searchsorted(limits, draw.random(size))


def _counts(space, sampled):
    epochs, steps = sampled.shape[:2]
    cells = len(space.cell_types)
    shape = (epochs, steps, cells, len(space.edges), len(space.ops))
    counts = np.zeros(shape, np.int64)
    for e, s, c, node, j in np.ndindex(
        epochs, steps, cells, *sampled.shape[4:]
    ):
        source, op = sampled[e, s, c, :, node, j]
        counts[e, s, c, space.first_edge(node) + source, op] += 1
    return counts


def _rewards(space, sampled, likings, draw):
    """Rise over the epochs; an operation that is liked earns a little more."""
    epochs, steps, cells = sampled.shape[:3]
    rewards = np.zeros((epochs, steps))
    for e, s, c, node, j in np.ndindex(
        epochs, steps, cells, *sampled.shape[4:]
    ):
        source, op = sampled[e, s, c, :, node, j]
        liking = likings[space.cell_types[c]]
        rewards[e, s] += liking[space.first_edge(node) + source, op]
    rise = 0.5 - 0.4 * np.exp(-np.arange(epochs) / max(1, epochs / 3))
    noise = draw.normal(0, 0.02, rewards.shape)
    return np.clip(rise[:, np.newaxis] + 0.01 * rewards + noise, 0, 1)


def settings(space, epochs, searcher="ednas"):
    """What `params.yaml` says, as far as anything here looks at it."""
    recurrent = space.name == "recurrent"
    return {
        "seed": 0,
        "task": "language_modelling" if recurrent else "image_classification",
        "data": {"name": "penn_treebank" if recurrent else "digits"},
        "search": {
            "searcher": searcher,
            "space": {"nodes": space.num_nodes, "ops": list(space.ops)},
            "epochs": epochs,
            "candidates": 12,
        },
    }


def candidates(space, count=12, rescored=6, seed=0):
    """Rows of `candidates.csv`, the best first."""
    draw = np.random.default_rng(seed)
    rows = []
    for sample in range(count):
        sampled = {}
        for cell_type in space.cell_types:
            edges = [
                space.edge_choices(node)[
                    draw.integers(len(space.edge_choices(node)))
                ]
                for node in range(space.num_nodes)
            ]
            ops = draw.integers(len(space.ops), size=np.shape(edges))
            sampled[cell_type] = (edges, ops)
        described = genotype.Genotype.from_choices(space, sampled)
        rows.append(
            {
                "reward": 0.6 - 0.01 * sample,
                "validation_reward": 0.55 - 0.01 * ((3 * sample) % rescored)
                if sample < rescored
                else "",
                "log_prob": -30.0 + draw.normal(),
                "sample": (7 * sample) % count,
                "genotype_fingerprint": described.fingerprint(),
                "genotype": json.dumps(json.loads(described.to_json())),
            }
        )
    rows.sort(key=lambda row: -(row["validation_reward"] or -1))
    return [{"rank": i, **row} for i, row in enumerate(rows, 1)]


def write(directory, space, epochs=5, done=None, searcher="ednas", **kept):
    """A directory as a search leaves it.

    Args:
      directory: is made.
      space, searcher: of the search.
      epochs: planned.
      done: epochs of the history, all by default; with fewer the search is
        under way: there are no candidates.
      **kept: of `arrays`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    described = settings(space, epochs, searcher)
    (directory / "params.yaml").write_text(yaml.safe_dump(described))
    history = arrays(space, epochs if done is None else done, **kept)
    np.savez_compressed(directory / "policy.npz", **history)
    start = {
        "time": "2026-11-24 10:00:00 UTC",
        "host": "one",
        "pid": 1,
        "devices": ["x86"],
        "versions": {"python": "3.11", "tensorflow": "2.20.0"},
    }
    (directory / "starts.json").write_text(json.dumps([start]))
    if done is None:
        write_candidates(directory, candidates(space))
    return directory


def write_candidates(directory, rows):
    """The table, and the first row's architecture as the one found."""
    with (directory / "candidates.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    described = json.loads(rows[0]["genotype"])
    described["provenance"] = {"reward": rows[0]["reward"]}
    (directory / "genotype.json").write_text(json.dumps(described))


def with_ops(space, ops):
    """The same space with other operations."""
    return dataclasses.replace(space, ops=ops)
