"""Times two things in turn, so that what disturbs one disturbs both."""

import json
import subprocess
import sys
import time

import numpy as np


def seconds(step, *arguments) -> float:
    """What a call takes."""
    start = time.perf_counter()
    step(*arguments)
    return time.perf_counter() - start


def pairs(one, other, rounds: int) -> list[tuple[float, float]]:
    """Seconds of both, in turn, after a call of each to warm up."""
    seconds(one)
    seconds(other)
    found = []
    for i in range(rounds):
        if i % 2:
            found.append((seconds(one), seconds(other)))
        else:
            found.append((seconds(other), seconds(one))[::-1])
    return found


def summary(found) -> tuple[float, float, float]:
    """Median of the pairs' ratios, and medians of both."""
    found = np.array(found)
    one, other = np.median(found, 0)
    return float(np.median(found[:, 0] / found[:, 1])), one, other


def in_a_process(module: str, measure: str):
    """Runs a part of a benchmark alone, with the flags of this process.

    Returns:
      When it was started, as `time.time`; the JSON object that it printed.
    """
    command = [sys.executable, "-m", module, *sys.argv[1:]]
    start = time.time()
    output = subprocess.run(
        [*command, f"--measure={measure}"],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
    return start, json.loads(output.splitlines()[-1])
