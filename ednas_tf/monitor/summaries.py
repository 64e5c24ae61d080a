"""What TensorBoard shows of a search after each of its epochs."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from ednas_tf.analysis import history_names, policy_reading
from ednas_tf.analysis.policies import Policies


def write(
    policies: Policies,
    alarms: Mapping[str, str],
    images: Mapping[str, np.ndarray],
) -> None:
    """Writes entropies, histograms, alarms and pictures, as summaries.

    Args:
      policies: the policies up to this epoch.
      alarms: the alarms of this epoch, see `alarms.alarms`.
      images: uint8 [height, width, 3] by tag.
    """
    if policies.has_probabilities:
        for cell_type in policies.space.cell_types:
            _write_structure(policies, cell_type)
            _write_operations(policies, cell_type)
    if alarms:
        tf.summary.text("alarms", list(alarms.values()))
    for name, image in images.items():
        tf.summary.image(name, image[np.newaxis])


def _write_structure(policies, cell_type):
    for node in range(policies.space.num_nodes):
        name = history_names.structure(cell_type, node, policies.space)
        last = policies.structure(cell_type, node)[-1]
        tf.summary.scalar(f"entropy/{name}", policy_reading.entropy(last))
        tf.summary.histogram(f"probabilities/{name}", last)


def _write_operations(policies, cell_type):
    name = history_names.operations(cell_type)
    last = policies.operations(cell_type)[-1]
    for edge, entropy in enumerate(policy_reading.entropy(last)):
        arrow = history_names.edge(policies.space, edge)
        tf.summary.scalar(f"entropy/{name}/edge_{arrow}", entropy)
    tf.summary.histogram(f"probabilities/{name}", last)
