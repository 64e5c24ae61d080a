"""Runs an exported model in a process without Keras and without this project.

python load_alone.py SAVED_MODEL REQUESTS OUTPUTS.npz
"""

import json
import os
import pathlib
import sys

# Block these imports, because the serving machine does not have them.
for _name in ("keras", "tf_keras", "ednas_tf", "export"):
    sys.modules[_name] = None

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

# The module beside this file.
import warmup  # noqa: E402


def main(saved_model: str, requests: str, outputs_file: str) -> None:
    """Runs requests on a model in order and writes the outputs.

    The file gets an array for each `INDEX/OUTPUT`, where INDEX is the number of
    the request, and `warmup`, the signatures of the replayed warm-up requests.

    Args:
      saved_model: directory of the SavedModel.
      requests: folder with requests.json, [[target, {input: file}], ...]. A
        target is a signature or a file in assets.extra.
      outputs_file: the file to write.
    """
    folder, asked = pathlib.Path(saved_model), pathlib.Path(requests)
    signatures = tf.saved_model.load(saved_model).signatures
    listed = json.loads((asked / "requests.json").read_text())
    names = dict.fromkeys(target for target, _ in listed)
    targets = {name: _target(name, folder, signatures) for name in names}
    found, last = {}, {}
    for index, (target, files) in enumerate(listed):
        # Missing inputs come from the previous outputs, like a text's state.
        given = {name: np.load(asked / file) for name, file in files.items()}
        last = targets[target](given, last)
        found |= {f"{index}/{name}": value for name, value in last.items()}
    found["warmup"] = np.array(_replay(folder, signatures))
    np.savez(outputs_file, **found)


def _target(name, folder, signatures):
    """A function from inputs and previous outputs to outputs, all by name."""
    suffix = pathlib.Path(name).suffix
    if suffix == ".tflite":
        return _litert(folder / "assets.extra" / name)
    if suffix == ".onnx":
        return _onnx(folder / "assets.extra" / name)
    return _signature(signatures[name])


def _signature(call):
    names = list(call.structured_input_signature[1])

    def run(inputs, before):
        given = before | inputs
        outputs = call(**{name: tf.constant(given[name]) for name in names})
        return {name: _array(value) for name, value in outputs.items()}

    return run


def _array(value):
    array = value.numpy()
    return array.astype(bytes) if value.dtype == tf.string else array


def _litert(file):
    from ai_edge_litert.interpreter import Interpreter

    model = Interpreter(str(file), num_threads=os.cpu_count())
    (given,), (returned,) = (
        model.get_input_details(),
        model.get_output_details(),
    )

    def run(inputs, _):
        (images,) = inputs.values()
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
    names = [output.name for output in session.get_outputs()]

    def run(inputs, _):
        return dict(zip(names, session.run(names, inputs), strict=True))

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
