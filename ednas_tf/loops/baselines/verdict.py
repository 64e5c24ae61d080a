"""What baselines say of a network that was found, in words."""

import math
from collections.abc import Iterator

from ednas_tf import tasks
from ednas_tf.loops.train import results

#: The baselines in a result, and what each is.
NAMES = {"plain": "plain network", "linear": "linear model"}


def is_result(found: object) -> bool:
    """Whether it is the result of `compare.compare`, as far as it is read."""
    return isinstance(found, dict) and all(
        isinstance(found.get(name), dict)
        and isinstance(found[name].get("name"), str)
        and _is_tested(found[name])
        for name in NAMES
    )


def _is_tested(result):
    return any(results.is_result(result, tasks.kind(n)) for n in tasks.names())


def warning(
    found: dict[str, object],
    baselines: dict[str, object],
    kind: type[tasks.Task],
) -> str:
    """Says that a baseline is better than what was found; empty if none is.

    Args:
      found: the result of the training.
      baselines: the result of `compare.compare`.
      kind: the class of the task.
    """
    name = f"test_{kind.measure}"
    sign = 1 if kind.higher_is_better else -1
    best = max(
        (baselines[n] for n in NAMES), key=lambda each: sign * each[name]
    )
    if sign * best[name] <= sign * found[name]:
        return ""
    sure = (
        "clearly better"
        if abs(_distance(found, best, kind)) > 1.96
        else "better, though not clearly,"
    )
    return (
        f"A baseline is {sure} than the network that was found: "
        f"{best['name']} has a test {kind.measure} of {best[name]:.4f}, "
        f"the network {found[name]:.4f}."
    )


def lines(
    found: dict[str, object],
    baselines: dict[str, object],
    kind: type[tasks.Task],
) -> Iterator[str]:
    """The results of the baselines, a line each, a warning first.

    Args:
      found, baselines, kind: see `warning`.
    """
    told = warning(found, baselines, kind)
    if told:
        yield told
    for name, each in texts(baselines, kind).items():
        yield f"{name}: {each}"


def texts(
    baselines: dict[str, object], kind: type[tasks.Task]
) -> dict[str, str]:
    """What each baseline is, how good it is, and its cost if that is known.

    Args:
      baselines, kind: see `warning`.
    """
    found = {}
    for name, title in NAMES.items():
        each = baselines[name]
        parts = [f"{kind.measure} {results.test_text(each, kind)}"]
        if "multiply_adds" in each:
            parts.append(f"{each['multiply_adds']:,} multiply-adds")
        parts.append(f"trained in {each['seconds']:.0f} s")
        found[title] = f"{each['name']}: {', '.join(parts)}"
    return found


def _distance(one, other, kind):
    """The difference of two accuracies in standard errors.

    Both are of the same images, of which they agree on many: the true error is
    smaller.
    """
    a, b = (each[f"test_{kind.measure}"] for each in (one, other))
    variance = sum(
        each[f"test_{kind.measure}"]
        * (1 - each[f"test_{kind.measure}"])
        / each[f"test_{kind.unit}"]
        for each in (one, other)
    )
    return (b - a) / math.sqrt(variance) if variance > 0 else math.inf
