"""What an export is of."""

import json
import time

from ednas_tf.loops import starts
from ednas_tf.loops.trained import Trained


def described(trained: Trained, gate: dict[str, object]) -> str:
    """JSON that tells the training and what the gate found.

    Args:
      trained: what is exported.
      gate: as `gate.check` returns it.
    """
    genotype = trained.described
    versions = starts.versions()
    found = {
        "exported": time.strftime("%Y-%m-%d %H:%M:%S %Z"),
        "settings_fingerprint": trained.settings.fingerprint(),
        "seed": trained.settings.seed,
        "genotype_fingerprint": genotype.fingerprint(),
        "genotype": json.loads(genotype.to_json()),
        "result": trained.result,
        "source_digest": versions.pop("ednas_tf"),
        "versions": versions,
        "gate": gate,
    }
    return json.dumps(found, indent=2) + "\n"
