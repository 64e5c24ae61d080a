"""Times two things in turn, so that what disturbs one disturbs both."""

import json
import subprocess
import sys
import time

import numpy as np


def seconds(step, *arguments, clock=time.perf_counter) -> float:
    """What a call takes."""
    start = clock()
    step(*arguments)
    return clock() - start


def pairs(
    one, other, rounds: int, clock=time.perf_counter
) -> list[tuple[float, float]]:
    """Seconds of both, in turn, after a call of each to warm up.

    Args:
      clock: `time.process_time` counts what all threads of this process have
        computed, however many cores they had and whoever else used them.
    """
    one()
    other()
    found = []
    for i in range(rounds):
        calls = (one, other) if i % 2 else (other, one)
        taken = [seconds(call, clock=clock) for call in calls]
        found.append(tuple(taken if i % 2 else taken[::-1]))
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
