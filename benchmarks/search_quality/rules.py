"""What each rule of learning finds on a frozen supernet, at equal cost.

A rule may evaluate `n` times, an evaluation being one architecture on one
minibatch. It spends them on learning and then on deriving its result:

    halving   nothing is learnt: random candidates only
    paper     one architecture a policy step at the paper's rate, compared with
              a moving average; a fifth of the evaluations, 100 at most, are for
              candidates on one minibatch each
    scaled    REINFORCE as in the paper, but with eight architectures on a
              minibatch and a rate that suits the number of steps
    others    the searcher of this name with its own settings

All but `paper` have n / 10 candidates, halved as minibatches are added.

What is found is judged by its accuracy on 5,000 test images, which no rule
sees, with the same weights: in standard deviations of architectures over the
mean of random ones.
"""

import json
import pathlib
import types

import numpy as np
import sklearn.linear_model
import sklearn.model_selection

from benchmarks import table_runs
from benchmarks.search_quality import setting, supernets
from ednas_tf.analysis import intervals
from ednas_tf.loops.search import derivation
from ednas_tf.nets import architectures
from ednas_tf.searchers import policy_rate
from ednas_tf.searchers.choices import Choices

#: Child steps after which the weights of the supernet are kept.
MARKS = 1750, 3500
#: Numbers of evaluations, and the seeds of the rules.
BUDGETS = 500, 60, 120, 2000
SEEDS = 1, 2, 3
#: The rule that the JSON is about, and the one of the paper.
DEFAULT, PAPER, SCALED, HALVING = "thompson", "paper", "scaled", "halving"
RULES = DEFAULT, PAPER, SCALED, HALVING, "evolution", "local_search"
#: Architectures that tell the mean and the spread of random ones.
RANDOM = 40
#: Architectures and minibatches for the parts of a reward.
PARTS = 200, 6
_AT_ONCE = 8


def run(folder: pathlib.Path, images) -> dict[str, object]:
    """Measures what is missing in a folder; returns all numbers.

    Returns:
      See `table`.
    """
    shared = supernets.Shared(folder, MARKS)
    shared.train(images)
    frozen = supernets.Frozen(images)
    frozen.assign(shared.weights(MARKS[-1]))
    kept = _Kept(folder / "rules.json")
    for part, find in (
        ("random", _random),
        ("parts", _parts_of_a_reward),
    ):
        if part not in kept.found:
            kept.add(part, find(frozen))
    for budget in BUDGETS:
        for rule in RULES:
            missing = [
                seed
                for seed in SEEDS
                if name(rule, budget, seed) not in kept.found
            ]
            if missing:
                for seed, row in zip(
                    missing, _found(frozen, rule, budget, missing), strict=True
                ):
                    kept.add(name(rule, budget, seed), row)
    return table(kept.found)


class _Kept:
    """Results by name, in a JSON file that is written after each."""

    def __init__(self, file):
        self._file = file
        self.found = json.loads(file.read_text()) if file.exists() else {}

    def add(self, key, result):
        self.found[key] = result
        rows = [
            f"{json.dumps(key)}: {json.dumps(value)}"
            for key, value in self.found.items()
        ]
        self._file.write_text("{\n" + ",\n".join(rows) + "\n}\n")
        print(f"{key}: {str(result)[:60]}", flush=True)


def name(rule: str, budget: int, seed: int) -> str:
    """The name of a result in the file of this part."""
    return f"{rule}, {budget} evaluations, seed {seed}"


def _random(frozen):
    """Test accuracies of random architectures on each half of the images."""
    found = []
    for genotype in setting.genotypes(RANDOM, seed=1):
        accuracies = frozen.scores(genotype, "test")[:, 0]
        halves = np.array_split(accuracies, 2)
        found.append([float(np.mean(half)) for half in halves])
    return found


def _parts_of_a_reward(frozen):
    """Variances of a reward, and the share that is linear in the choices."""
    count, batches = PARTS
    genotypes = setting.genotypes(count, seed=2)
    rewards = np.stack(
        [frozen.scores(each, "policy", batches)[:, 0] for each in genotypes]
    )
    choices = Choices(frozen.task.space)
    made = np.stack(
        [
            choices.made(
                architectures.from_genotype(frozen.task.space, each)
            ).numpy()
            for each in genotypes
        ]
    )
    return parts(rewards, made)


def parts(rewards: np.ndarray, made: np.ndarray) -> dict[str, float]:
    """The parts of a reward.

    Args:
      rewards: rewards [architectures, minibatches].
      made: the choices of each architecture, [architectures, choices].

    Returns:
      Standard deviations, in points, of `architecture`, of `minibatch` and of
      the `rest`; and `linear`: the share of the variance of architectures that
      a linear model of the choices predicts (ridge regression, ten-fold).
    """
    count, batches = rewards.shape
    points = 100 * rewards
    of_architecture, of_batch = points.mean(1), points.mean(0)
    rest = points - of_architecture[:, None] - of_batch + points.mean()
    noise = (rest**2).sum() / ((count - 1) * (batches - 1))
    architecture = of_architecture.var(ddof=1) - noise / batches
    minibatch = of_batch.var(ddof=1) - noise / count
    predicted = sklearn.model_selection.cross_val_predict(
        sklearn.linear_model.RidgeCV(np.logspace(0, 4, 13)),
        *(made, of_architecture),
        cv=sklearn.model_selection.KFold(10, shuffle=True, random_state=0),
    )
    left = np.mean((of_architecture - predicted) ** 2) - noise / batches
    return {
        "architecture": float(np.sqrt(max(architecture, 0))),
        "minibatch": float(np.sqrt(max(minibatch, 0))),
        "rest": float(np.sqrt(noise)),
        "linear": float(1 - left / architecture),
    }


def _found(frozen, rule, budget, run_seeds):
    """What a rule finds with some seeds: its result and test accuracy."""
    candidates, rescored, left = split(rule, budget, frozen.batches)
    searcher, learn = None, None
    for seed in run_seeds:
        fresh = setting.searcher(
            setting.settings(0, _overrides(rule, left)), seed
        )
        if searcher is None:
            searcher, learn = fresh, frozen.learner(fresh)
        else:
            table_runs.copy(fresh, searcher)
        steps = left // searcher.evaluations_per_step
        if steps:
            start = seed * max(BUDGETS)
            batches = iter(frozen.task.policy_batches(frozen.strategy, start))
            learn(batches, seed, 0, steps)
        derived = setting.settings(
            seed,
            f"search.candidates={candidates},"
            f"search.rescored_candidates={rescored}",
        )
        trainer = types.SimpleNamespace(
            searcher=searcher, supernet=frozen.supernet
        )
        best = derivation.derive(
            frozen.task, derived, trainer, frozen.strategy
        )[0].genotype
        accuracy = float(np.mean(frozen.scores(best, "test")[:, 0]))
        yield {"accuracy": accuracy, "genotype": json.loads(best.to_json())}


def split(rule: str, budget: int, batches: int) -> tuple[int, int, int]:
    """How a rule spends its evaluations.

    Args:
      rule: one of `RULES`.
      budget: number of evaluations.
      batches: number of minibatches of all validation images.

    Returns:
      `search.candidates`, `search.rescored_candidates`, and the number of
      evaluations that are left for learning.
    """
    if rule == PAPER:
        candidates = min(100, budget // 5)
        return candidates, 0, budget - candidates
    if rule == HALVING:
        candidates = next(
            count
            for count in range(budget, 0, -1)
            if evaluations(count, 1, batches) <= budget
        )
        return candidates, 1, 0
    candidates = budget // 10
    rescored = max(1, candidates // 20)
    left = budget - evaluations(candidates, rescored, batches)
    return candidates, rescored, left


def _overrides(rule: str, left: int) -> str:
    """The settings of a rule's searcher for so many evaluations."""
    if rule == PAPER:
        return "search.searcher=ednas,policy.learning_rate=3.5e-4"
    if rule == SCALED:
        rate = policy_rate.chosen(left // _AT_ONCE)
        return (
            f"search.searcher=ednas,policy.learning_rate={rate},"
            f"policy.architectures={_AT_ONCE}"
        )
    return f"search.searcher={'random' if rule == HALVING else rule}"


def evaluations(candidates: int, rescored: int, batches: int) -> int:
    """Number of evaluations of a derivation, see `derivation.derive`.

    Where one candidate is left, its further minibatches decide nothing, and do
    not count.
    """
    total, left, seen = candidates, candidates, 1
    while rescored and left > rescored and seen < batches:
        left, count = max(rescored, left // 2), min(2 * seen, batches)
        if left > rescored:
            total, seen = total + left * (count - seen), count
    if rescored > 1:
        total += min(left, rescored) * (batches - seen)
    return total


def table(found) -> dict[str, object]:
    """All numbers of this part.

    Returns:
      random: mean and deviation in points; parts: see `parts`; rules: for each
      number of evaluations and rule the gain over random architectures in
      standard deviations of architectures, its interval over the seeds, and
      the accuracies; gain_over_random_sd and gain_over_paper_sd of the default
      rule after 500 evaluations.
    """
    halves = np.array(found["random"])
    mean = halves.mean()
    spread = intervals.spread([tuple(pair) for pair in 100 * halves])
    deviation = spread.architectures / 100
    rows = {}
    for budget in sorted(BUDGETS):
        for rule in RULES:
            names = [name(rule, budget, seed) for seed in SEEDS]
            if not all(each in found for each in names):
                continue
            accuracies = np.array([found[each]["accuracy"] for each in names])
            gains = (accuracies - mean) / deviation
            rows[f"{rule}, {budget}"] = {
                "gain_sd": float(gains.mean()),
                "error": float(gains.std(ddof=1) / np.sqrt(len(gains))),
                "accuracies": accuracies.tolist(),
            }
    result = {
        "random": {"mean": 100 * float(mean), "deviation": 100 * deviation},
        "parts": found["parts"],
        "rules": rows,
    }
    ours, paper = (rows.get(f"{rule}, 500") for rule in (DEFAULT, PAPER))
    if ours and paper:
        result["gain_over_random_sd"] = ours["gain_sd"]
        result["gain_over_paper_sd"] = ours["gain_sd"] - paper["gain_sd"]
    return result
