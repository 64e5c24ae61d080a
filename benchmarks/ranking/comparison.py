"""Compares scores of cells with the truth."""

from collections.abc import Sequence

import numpy as np
import scipy.stats


def compared(way: dict, truth: np.ndarray) -> dict[str, float]:
    """How well a way of scoring knows the truth.

    Args:
      way: `scores` [cells], and `seconds`.
      truth: true accuracies [cells], in percent.

    Returns:
      tau: Kendall's; precision: the share of the best 5 % by score that are
      among the true best 5 %; best_of_10: the best true accuracy of the ten
      with the highest scores; seconds.
    """
    scores = np.asarray(way["scores"], np.float64)
    order, true = np.argsort(-scores, kind="stable"), np.argsort(-truth)
    few = round(0.05 * len(truth))
    return {
        "tau": float(scipy.stats.kendalltau(scores, truth).statistic),
        "precision": len({*order[:few]} & {*true[:few]}) / few,
        "best_of_10": float(truth[order[:10]].max()),
        "seconds": float(way["seconds"]),
    }


def joined(by_seed: Sequence[dict[str, dict]]) -> dict[str, dict]:
    """The means over the seeds of what `compared` returned.

    Returns:
      name of a way -> the numbers of `compared`, and `taus`, one for each seed.
    """
    found = {}
    for name in by_seed[0]:
        rows = [ways[name] for ways in by_seed]
        found[name] = {
            key: float(np.mean([row[key] for row in rows])) for key in rows[0]
        }
        found[name]["taus"] = [row["tau"] for row in rows]
    return found


def markdown(found: dict[str, dict]) -> str:
    """A table of what `joined` returned, with deviations of tau."""
    lines = [
        "| scored by | tau | precision in the best 5 % | best of the top 10, "
        "test accuracy | processor time, s |",
        "|---|---|---|---|---|",
    ]
    for name, row in found.items():
        spread = ""
        if len(row["taus"]) > 1:
            spread = f" (deviation {np.std(row['taus'], ddof=1):.3f})"
        lines.append(
            f"| {name} | {row['tau']:.3f}{spread} | {row['precision']:.2f} | "
            f"{row['best_of_10']:.2f} | {row['seconds']:.0f} |"
        )
    return "\n".join(lines) + "\n"
