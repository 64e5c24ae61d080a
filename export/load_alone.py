"""Runs a SavedModel in a process without Keras and without this project.

python load_alone.py SAVED_MODEL IMAGES.npy BATCH_SIZE...
"""

import json
import sys

# Imports of these fail from here on, as they would where a model is served.
for _name in ("keras", "tf_keras", "ednas_tf", "export"):
    sys.modules[_name] = None

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402


def main(saved_model: str, images_file: str, *batch_sizes: str) -> None:
    """Prints as JSON, for every batch size, what the first images give."""
    signature = tf.saved_model.load(saved_model).signatures["serving_default"]
    images = np.load(images_file)
    results = []
    for size in map(int, batch_sizes):
        outputs = signature(images=tf.constant(images[:size]))
        labels = [label.decode() for label in outputs["labels"].numpy()]
        probabilities = outputs["probabilities"].numpy().tolist()
        results.append({"labels": labels, "probabilities": probabilities})
    print(json.dumps(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
