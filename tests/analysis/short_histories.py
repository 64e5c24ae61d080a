"""Made-up searches that decide by short trainings: the files they leave."""

import dataclasses
import json

import numpy as np
import yaml

from ednas_tf.analysis import chance, scores, trainings
from ednas_tf.analysis.trainings import Training
from tests.analysis import histories


def trainings_of(space, gain=0.1, seed=0):
    """Short trainings of a search: 16 architectures, 3 rungs, and the verdict.

    Args:
      space: the space that is searched.
      gain: by how much the result is better than random architectures in the
        trainings for the verdict.
      seed: the seed of all random numbers.
    """
    draw = np.random.default_rng(seed)
    origins = [trainings.RANDOM] * 8 + [trainings.SHARED] * 3
    origins += [trainings.PROPOSED] * 5
    losses = {}
    while len(losses) < 16:
        losses.setdefault(
            histories.genotype_of(space, draw), draw.normal(0, 0.1)
        )
    first = list(losses)
    named = dict(zip(first, origins, strict=True))

    def train(each, purpose, steps, seed, reward=0.0):
        own = losses[each] + draw.normal(0, 0.02)
        return Training(
            *(each, named[each], purpose, seed, steps),
            loss=float(2.5 - 0.3 * np.log(steps) + own),
            reward=float(0.2 + 0.08 * np.log(steps) - own / 2 + reward),
            seconds=steps / 10,
        )

    done, left = [], first
    for steps in (50, 100, 200):
        rung = [train(each, trainings.RUNG, steps, 0) for each in left]
        done += rung
        if steps == 50:
            done += [train(each, trainings.REPEAT, 50, 1) for each in first[:4]]
        rung = scores.ranked(rung, scores.variance_of_seeds(done))
        best = rung[0].genotype
        left = [each.genotype for each in rung[: len(rung) // 2]]
    judged = {
        trainings.CONFIRMATION: [best] * 3,
        trainings.CONTROL: first[:4],
        trainings.LARGEST: first[1:2] * 3,
    }
    for each, those in judged.items():
        for i, one in enumerate(those):
            chosen = train(one, each, 200, 2 + i)
            reward = 0.6 + (gain if each == trainings.CONFIRMATION else 0.0)
            noise = float(draw.normal(0, 0.01))
            done.append(dataclasses.replace(chosen, reward=reward + noise))
    return done


def write_short(directory, space, done=None, **kept):
    """Writes what a search leaves that decides by short trainings alone.

    Args:
      directory: the directory, which is made.
      space: the space that is searched.
      done: the number of trainings that have ended, if the search is under way;
        then there is no result.
      **kept: arguments of `trainings_of`.
    """
    histories.write(directory, space)
    for name in ("policy.npz", "candidates.csv", "genotype.json"):
        (directory / name).unlink()
    text = yaml.safe_dump(histories.settings(space, 5, evidence="short"))
    (directory / "params.yaml").write_text(text)
    add_short(directory, space, done, **kept)
    return directory


def add_short(directory, space, done=None, **kept):
    """Writes the short trainings of a search, and its verdict and result."""
    found = trainings_of(space, **kept)
    lines = trainings.to_lines(found[:done])
    (directory / "trainings.jsonl").write_text(lines)
    if done is not None:
        return
    by = {
        purpose: [each for each in found if each.purpose == purpose]
        for purpose in trainings.PURPOSES
    }
    first = [each for each in by[trainings.RUNG] if each.steps == 50]
    confirmed = by[trainings.CONFIRMATION]
    judged = chance.verdict(
        first,
        first[:4] + by[trainings.REPEAT],
        confirmed,
        by[trainings.CONTROL],
        by[trainings.LARGEST],
        "points of accuracy",
        100,
    )
    judged["worth"] = {
        "the number of weights": dict(coefficient=1.0, error=0.8, share=0.1)
    }
    (directory / "verdict.json").write_text(json.dumps(judged))
    (directory / "genotype.json").write_text(confirmed[0].genotype.to_json())


def write_both(directory, space, done=None, **kept):
    """Writes a search with shared weights and with short trainings."""
    histories.write(directory, space)
    text = yaml.safe_dump(histories.settings(space, 5, evidence="both"))
    (directory / "params.yaml").write_text(text)
    (directory / "genotype.json").unlink()
    add_short(directory, space, done, **kept)
    return directory
