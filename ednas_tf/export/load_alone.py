"""Runs an exported model in a process without Keras and without this project.

python load_alone.py SAVED_MODEL REQUESTS OUTPUTS.npz
"""

import json
import pathlib
import sys

# Block these imports, because the serving machine does not have them.
for _name in ("keras", "tf_keras", "ednas_tf", "export"):
    sys.modules[_name] = None

import numpy as np  # noqa: E402

# The modules beside this file.
import runtimes  # noqa: E402
import tensorflow as tf  # noqa: E402
import warmup  # noqa: E402


def main(saved_model: str, requests: str, outputs_file: str) -> None:
    """Runs requests on a model in order and writes the outputs.

    The file gets an array for each `INDEX/OUTPUT`, where INDEX is the number of
    the request, and `warmup`, the signatures of the replayed warm-up requests.

    Args:
      saved_model: directory of the SavedModel.
      requests: folder with requests.json, [[target, {input: file}], ...]. A
        target is a signature, a file in assets.extra, or such a file or
        "saved_model" after "openvino ", to run in OpenVINO.
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
    runtime, _, file = name.rpartition(" ")
    path = folder if file == "saved_model" else folder / runtimes.EXTRA / file
    if runtime == "openvino":
        model = runtimes.openvino(path)
    elif path.suffix in runtimes.BY_SUFFIX:
        model = runtimes.BY_SUFFIX[path.suffix](path)
    else:
        return _signature(signatures[name])
    return lambda inputs, _: model.run(inputs)


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


def _replay(folder, signatures):
    replayed = []
    for signature, inputs in warmup.read(folder):
        for value in signatures[signature](**inputs).values():
            value.numpy()
        replayed.append(signature)
    return replayed


if __name__ == "__main__":
    main(*sys.argv[1:])
