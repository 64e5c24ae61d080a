"""What an export must pass before it gets its number."""

import pathlib

from ednas_tf import errors
from ednas_tf.export.exports import CLI, Export
from ednas_tf.export.gate import other_processes


def check(saved_model: pathlib.Path, exported: Export) -> dict[str, object]:
    """Runs an export outside of this process, and judges it.

    Returns:
      What `exported.judge` finds, and `warmup_requests`, the number replayed.

    Raises:
      RunError: it does not run there, or gives something else.
    """
    requests = exported.requests()
    ran = other_processes.run(saved_model, requests)
    for signature in exported.signature_names:
        if f'"{signature}"' not in ran.shown:
            raise errors.RunError(
                f"{CLI} show: expected a signature {signature!r}, found none"
            )
    replayed, expected = set(ran.replayed), set(exported.signature_names)
    if replayed != expected:
        raise errors.RunError(
            "warm-up requests: expected some for each of "
            f"{sorted(expected)}, found {sorted(replayed)}"
        )
    found = exported.judge(requests, ran.answers)
    return found | {"warmup_requests": len(ran.replayed)}
