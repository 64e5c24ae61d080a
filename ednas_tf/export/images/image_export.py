"""The export of a network that classifies images."""

import pathlib
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from ednas_tf import seeds
from ednas_tf.export import conversion, exports, litert, onnx_file
from ednas_tf.export.exports import CLI, EXTRA, Arrays, Export, Request
from ednas_tf.export.gate import image_gate
from ednas_tf.export.images import signatures

LABELS_FILE = "labels.txt"

#: Images of a warm-up request.
_WARMUP_SIZES = (1, 4)
#: Images of the gate's requests, after a first one of a single image; those
#: that are also given as PNG files; and those that saved_model_cli is given.
_BATCH_SIZE, _NUM_ENCODED, _NUM_CLI = 100, 100, 5


@exports.form("images")
class ImageExport(Export):
    """See `signatures.archive`, `litert` and `onnx_file`."""

    known_forms = ("litert", "onnx")
    signature_names = ("encoded", "serving_default")

    def __init__(self, found, forms=()):
        super().__init__(found, forms)
        self._data = found.task.data

    def write(self, saved_model: pathlib.Path) -> None:
        """Writes the SavedModel, the names of the classes, and the forms."""
        network, data = self.found.network, self._data
        archive = signatures.archive(network, data)
        archive.write_out(str(saved_model), verbose=False)
        extra = saved_model / EXTRA
        extra.mkdir()
        names = "".join(f"{name}\n" for name in data.labels)
        (extra / LABELS_FILE).write_text(names, encoding="utf-8")
        if "litert" in self.forms:
            seed = seeds.derive(self.found.settings.seed, "calibration")
            conversion.convert(
                "litert", lambda: litert.write(network, data, seed, extra)
            )
        if "onnx" in self.forms:
            conversion.convert(
                "onnx", lambda: onnx_file.write(network, data, extra)
            )

    def warmups(self) -> Iterator[Request]:
        for size in _WARMUP_SIZES:
            images = image_gate.chosen(self._data, size).images
            yield Request("serving_default", {"images": images})
            yield Request("encoded", {"encoded_images": _png(images)})

    def requests(self) -> list[Request]:
        """Test images, to each form in batches."""
        images = image_gate.chosen(self._data, image_gate.NUM_IMAGES).images
        batches = _batches(images)
        files = {
            "litert": (litert.FLOAT_FILE, litert.INT8_FILE),
            "onnx": (onnx_file.FILE,),
        }
        names = [file for form in self.forms for file in files[form]]
        return [
            *(
                Request(name, {"images": batch})
                for name in ("serving_default", *names)
                for batch in batches
            ),
            *(
                Request("encoded", {"encoded_images": _png(batch)})
                for batch in _batches(images[:_NUM_ENCODED])
            ),
            Request(CLI, {"images": images[:_NUM_CLI]}),
        ]

    def judge(
        self, requests: list[Request], answers: list[Arrays]
    ) -> dict[str, object]:
        """See `image_gate.judge`."""
        parts = {}
        for request, outputs in zip(requests, answers, strict=True):
            for name, values in outputs.items():
                parts.setdefault(f"{request.form}/{name}", []).append(values)
        return image_gate.judge(
            {name: np.concatenate(values) for name, values in parts.items()},
            image_gate.reference(self.found.network, self._data),
        )

    def told(self, checked: dict[str, object]) -> str:
        differences = ", ".join(
            f"{form} {difference:.1e}"
            for form, difference in checked["largest_difference"].items()
        )
        told = (
            f"checked in processes without Keras on {checked['images']} test "
            f"images, accuracy {checked['accuracy']:.4f}; largest difference "
            f"of a probability: {differences}"
        )
        if "int8_accuracy" in checked:
            told += f"\naccuracy in 8 bits: {checked['int8_accuracy']:.4f}"
        return told


def _batches(images):
    return np.split(images, range(1, len(images), _BATCH_SIZE))


def _png(images):
    return np.array([tf.io.encode_png(image).numpy() for image in images])
