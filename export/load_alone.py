"""Runs an exported model in a process without Keras and without this project.

python load_alone.py SAVED_MODEL IMAGES.npy OUTPUTS.npz
"""

import os
import pathlib
import sys

# Imports of these fail from here on, as they would where a model is served.
for _name in ("keras", "tf_keras", "ednas_tf", "export"):
    sys.modules[_name] = None

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

# Beside this file.
import warmup  # noqa: E402

#: Images in a batch, after a first one of a single image.
BATCH_SIZE = 100
#: So many are also given as PNG files.
NUM_ENCODED = 100


def main(saved_model: str, images_file: str, outputs_file: str) -> None:
    """Runs every form of the model that there is.

    Writes an array for `FORM/OUTPUT`, where FORM is a signature or a file of
    assets.extra, and `warmup`, the signatures of the requests replayed.
    """
    folder, images = pathlib.Path(saved_model), np.load(images_file)
    signatures = tf.saved_model.load(saved_model).signatures
    found = {}
    for name, run in _forms(folder, signatures).items():
        given = images[:NUM_ENCODED] if name == "encoded" else images
        parts = [run(batch) for batch in _batches(given)]
        for key in parts[0]:
            values = np.concatenate([part[key] for part in parts])
            found[f"{name}/{key}"] = values
    found["warmup"] = np.array(_replay(folder, signatures))
    np.savez(outputs_file, **found)


def _forms(folder, signatures):
    """Name -> function of uint8 images to outputs, by name."""
    extra = folder / "assets.extra"
    found = {
        "serving_default": _serving_default(signatures),
        "encoded": _encoded(signatures),
    }
    for file in sorted(extra.glob("*.tflite")):
        found[file.name] = _litert(file)
    for file in sorted(extra.glob("*.onnx")):
        found[file.name] = _onnx(file)
    return found


def _batches(images):
    return np.split(images, range(1, len(images), BATCH_SIZE))


def _serving_default(signatures):
    def run(images):
        outputs = signatures["serving_default"](images=tf.constant(images))
        return _arrays(outputs)

    return run


def _encoded(signatures):
    def run(images):
        files = tf.stack([tf.io.encode_png(image) for image in images])
        return _arrays(signatures["encoded"](encoded_images=files))

    return run


def _arrays(outputs):
    arrays = {name: value.numpy() for name, value in outputs.items()}
    arrays["labels"] = arrays["labels"].astype(bytes)
    return arrays


def _litert(file):
    from ai_edge_litert.interpreter import Interpreter

    model = Interpreter(str(file), num_threads=os.cpu_count())
    (given,), (returned,) = (
        model.get_input_details(),
        model.get_output_details(),
    )

    def run(images):
        model.resize_tensor_input(given["index"], images.shape)
        model.allocate_tensors()
        model.set_tensor(given["index"], _quantized(images, given))
        model.invoke()
        values = model.get_tensor(returned["index"])
        return {"probabilities": _real(values, returned)}

    return run


def _quantized(values, tensor):
    scale, zero = tensor["quantization"]
    if not scale:
        return values
    limits = np.iinfo(tensor["dtype"])
    values = np.clip(np.rint(values / scale) + zero, limits.min, limits.max)
    return values.astype(tensor["dtype"])


def _real(values, tensor):
    scale, zero = tensor["quantization"]
    return (values.astype(np.float32) - zero) * scale if scale else values


def _onnx(file):
    import onnxruntime

    session = onnxruntime.InferenceSession(
        file, providers=["CPUExecutionProvider"]
    )

    def run(images):
        (values,) = session.run(["probabilities"], {"images": images})
        return {"probabilities": values}

    return run


def _replay(folder, signatures):
    replayed = []
    for signature, inputs in warmup.read(folder):
        for value in signatures[signature](**inputs).values():
            value.numpy()
        replayed.append(signature)
    return replayed


if __name__ == "__main__":
    main(*sys.argv[1:])
