"""The processes of a run on several hosts, as TF_CONFIG lists them."""

import json
import os
import re
from typing import NamedTuple

from ednas_tf import errors

_ADDRESS = re.compile(r"[^\s:/]+:[0-9]{1,5}|\[[0-9A-Fa-f:.]+\]:[0-9]{1,5}")
#: Kinds of processes that compute, in the order of their numbers.
_KINDS = ("chief", "worker")
_EXAMPLE = (
    '{"cluster": {"worker": ["host0:2222", "host1:2222"]}, '
    '"task": {"type": "worker", "index": 0}}'
)


class Process(NamedTuple):
    """This process among those of the run.

    Attributes:
      number: number of this process. As in TensorFlow, the chief is number 0 if
        there is one, and the workers follow.
      count: number of all processes.
      address: host:port at which the others reach this process.
    """

    number: int
    count: int
    address: str


def this_process() -> Process:
    """Reads the environment variable TF_CONFIG.

    Raises:
      RequestError: it is missing or malformed, or lists processes that do not
        compute, such as parameter servers.
    """
    text = os.environ.get("TF_CONFIG")
    try:
        config = json.loads(text or "{}")
        cluster, task = config["cluster"], config["task"]
        addresses = [
            (kind, index, address)
            for kind in _KINDS
            for index, address in enumerate(cluster.get(kind, []))
        ]
        _check(cluster, task, addresses)
        places = [(kind, index) for kind, index, _ in addresses]
        number = places.index((task["type"], task["index"]))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        raise errors.RequestError(
            "TF_CONFIG: expected all processes of the run, of type worker and "
            "at most one of type chief, and the place of this one, such as "
            f"{_EXAMPLE}, found {errors.shown(text)}; set it, or choose another"
            " --distribution_strategy"
        ) from None
    return Process(number, len(addresses), addresses[number][2])


def _check(cluster, task, addresses):
    """Raises `ValueError` for what TensorFlow would not take, or not so."""
    if not (
        set(cluster) <= set(_KINDS)
        and all(isinstance(cluster[kind], list) for kind in cluster)
        and len(cluster.get("chief", [])) <= 1
        and all(
            isinstance(address, str) and _ADDRESS.fullmatch(address)
            for _, _, address in addresses
        )
        and type(task["index"]) is int
    ):
        raise ValueError
