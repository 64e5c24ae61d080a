"""Exports a network that classifies images."""

import importlib.util
import json
import pathlib
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from ednas_tf import seeds
from ednas_tf.client.predictions import LABELS_FILE
from ednas_tf.export import conversion, interface, litert, onnx_file
from ednas_tf.export.classifier import INPUT_FILE
from ednas_tf.export.gate import image_gate
from ednas_tf.export.images import signatures
from ednas_tf.export.interface import (
    CLI,
    Arrays,
    Export,
    SignatureRequest,
)
from ednas_tf.export.runtimes import EXTRA

#: Numbers of images in the warm-up requests.
_WARMUP_SIZES = (1, 4)
#: Number of images per request of the gate, except the first, which has one;
#: number of images that are also sent as PNG files; number of images that are
#: also sent as files of other sizes; and number of images for saved_model_cli.
_BATCH_SIZE, _NUM_ENCODED, _NUM_RESIZED, _NUM_CLI = 100, 100, 8, 5
#: Number of images that are sent one by one to a file for single images.
_NUM_SINGLE = 10

#: The files of each format.
_FILES = {
    "litert": (litert.FLOAT_FILE, litert.SINGLE_FILE, litert.INT8_FILE),
    "onnx": (onnx_file.FILE,),
}

#: What the results call the requests with files of other sizes.
_RESIZED = "encoded at other sizes"


@interface.register("images")
class ImageExport(Export):
    """The export of an image network.

    See `signatures.archive`, `litert` and `onnx_file` for the files.
    """

    known_formats = ("litert", "onnx")
    signature_names = ("encoded", "serving_default")

    def __init__(self, trained, formats=()):
        super().__init__(trained, formats)
        self._data = trained.task.data

    def write(self, saved_model: pathlib.Path) -> None:
        """Writes the SavedModel, texts for people, and the other formats."""
        network, data = self.trained.network, self._data
        archive = signatures.archive(network, data)
        archive.write_out(str(saved_model), verbose=False)
        extra = saved_model / EXTRA
        extra.mkdir()
        names = "".join(f"{name}\n" for name in data.labels)
        (extra / LABELS_FILE).write_text(names, encoding="utf-8")
        (extra / INPUT_FILE).write_text(self._input())
        if "litert" in self.formats:
            seed = seeds.derive(self.trained.settings.seed, "calibration")
            conversion.convert(
                "litert", lambda: litert.write(network, data, seed, extra)
            )
        if "onnx" in self.formats:
            conversion.convert(
                "onnx", lambda: onnx_file.write(network, data, extra)
            )

    def _input(self):
        """How images have to be prepared for LiteRT and ONNX, as JSON."""
        height, width, channels = self._data.form.image_shape
        found = {
            "name": "images",
            "dtype": "uint8",
            "height": height,
            "width": width,
            "channels": channels,
            "central": self._data.central,
        }
        return json.dumps(found, indent=2) + "\n"

    def warmups(self) -> Iterator[SignatureRequest]:
        for size in _WARMUP_SIZES:
            images = image_gate.chosen(self._data, size).images
            yield SignatureRequest("serving_default", {"images": images})
            yield SignatureRequest("encoded", {"encoded_images": _png(images)})

    def requests(self) -> list[SignatureRequest]:
        """Requests with batches of test images for each target."""
        images = image_gate.chosen(self._data, image_gate.NUM_IMAGES).images
        batches = _batches(images)
        single = np.split(images[:_NUM_SINGLE], len(images[:_NUM_SINGLE]))
        return [
            *(
                SignatureRequest(name, {"images": batch})
                for name in self._targets()
                for batch in (single if name == litert.SINGLE_FILE else batches)
            ),
            *(
                SignatureRequest("encoded", {"encoded_images": _png(batch)})
                for batch in _batches(images[:_NUM_ENCODED])
            ),
            SignatureRequest("encoded", {"encoded_images": self._resized()}),
            SignatureRequest(CLI, {"images": images[:_NUM_CLI]}),
        ]

    def _targets(self):
        """What takes raw images: the SavedModel and the files, by runtime."""
        files = [file for name in self.formats for file in _FILES[name]]
        targets = ["serving_default", *files]
        if importlib.util.find_spec("openvino"):
            targets.append("openvino saved_model")
            if onnx_file.FILE in files:
                targets.append(f"openvino {onnx_file.FILE}")
        return targets

    def _resized(self):
        """Files of test images whose sizes are not the network's."""
        return image_gate.other_sizes(
            image_gate.chosen(self._data, _NUM_RESIZED).images
        )

    def judge(
        self, requests: list[SignatureRequest], answers: list[Arrays]
    ) -> dict[str, object]:
        """See `image_gate.judge`."""
        network, data = self.trained.network, self._data
        *requests, resized, cli = requests
        *answers, of_resized, of_cli = answers
        parts = {}
        for request, outputs in zip(
            [*requests, cli], [*answers, of_cli], strict=True
        ):
            for name, values in outputs.items():
                parts.setdefault(f"{request.target}/{name}", []).append(values)
        found = image_gate.judge(
            {name: np.concatenate(values) for name, values in parts.items()},
            image_gate.reference(network, data),
        )
        files = resized.inputs["encoded_images"]
        at_other_sizes = image_gate.judge(
            {f"{_RESIZED}/{name}": value for name, value in of_resized.items()},
            image_gate.reference_of_files(network, data, files),
        )
        found["largest_difference"] |= at_other_sizes["largest_difference"]
        return found

    def summary(self, checked: dict[str, object]) -> str:
        differences = ", ".join(
            f"{target} {difference:.1e}"
            for target, difference in checked["largest_difference"].items()
        )
        text = (
            f"checked in processes without Keras on {checked['images']} test "
            f"images, accuracy {checked['accuracy']:.4f}; largest difference "
            f"of a probability: {differences}"
        )
        if "int8_accuracy" in checked:
            text += f"\naccuracy with 8 bits: {checked['int8_accuracy']:.4f}"
        return text


def _batches(images):
    return np.split(images, range(1, len(images), _BATCH_SIZE))


def _png(images):
    return np.array([tf.io.encode_png(image).numpy() for image in images])
