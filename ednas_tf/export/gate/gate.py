"""The checks that an export must pass before it gets its version number."""

import pathlib

from ednas_tf import errors
from ednas_tf.export.gate import other_processes
from ednas_tf.export.interface import CLI, Export


def check(saved_model: pathlib.Path, exported: Export) -> dict[str, object]:
    """Runs an export in other processes and judges its outputs.

    Returns:
      The results of `exported.judge`, and `warmup_requests`, the number of
      replayed warm-up requests.

    Raises:
      RunError: the export does not run in other processes, or its outputs are
        wrong.
    """
    requests = exported.requests()
    results = other_processes.run(saved_model, requests)
    for signature in exported.signature_names:
        if f'"{signature}"' not in results.listing:
            raise errors.RunError(
                f"{CLI} show: expected a signature {signature!r}, found none"
            )
    replayed, expected = set(results.replayed), set(exported.signature_names)
    if replayed != expected:
        raise errors.RunError(
            "warm-up requests: expected some for each of "
            f"{sorted(expected)}, found {sorted(replayed)}"
        )
    found = exported.judge(requests, results.answers)
    return found | {"warmup_requests": len(results.replayed)}
