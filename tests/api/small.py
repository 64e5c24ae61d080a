"""A search of a few steps on some digits, and arguments that make one."""

import numpy as np
from sklearn import datasets

#: Settings of a search and a training that take no longer than tracing them.
NETWORK = {"cells": 3, "channels": 2}
SETTINGS = {
    "search": {
        "epochs": 2,
        "child_steps": 2,
        "policy_steps": 2,
        "candidates": 3,
        "batch_size": 16,
        "network": NETWORK,
        "space": {"nodes": 1, "ops": ["skip_connect", "avg_pool_3x3"]},
    },
    "policy": {"batch_size": 16},
    "train": {"network": NETWORK, "batch_size": 16, "epochs": 1, "steps": 2},
    "runtime": {"figures_every": 0, "processes": 1},
}


def digits(count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Images [n, 8, 8] from 0 to 1, and their labels [n]."""
    images, labels = datasets.load_digits(return_X_y=True)
    return images[:count].reshape(-1, 8, 8) / 16, labels[:count]
