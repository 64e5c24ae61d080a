"""Runs the files of an exported image network, each by its own runtime.

This module imports nothing of this project, so that `load_alone`, a process
without it, runs the files in the same way as everything else.
"""

import os
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

#: The folder of a SavedModel that TensorFlow leaves to other programs.
EXTRA = "assets.extra"

#: Makes OpenVINO compute with 32-bit floats. By default it takes 16 bits where
#: the processor can, which changes the classes of some images.
_OPENVINO = {"INFERENCE_PRECISION_HINT": "f32"}


class Model(NamedTuple):
    """A file that is ready to run.

    Attributes:
      runtime: the runtime and its version, such as "LiteRT 2.3.0".
      inputs: name, type and shape of each input; a dimension of any size is
        None.
      run: maps arrays by name to outputs by name. Numbers of 8 bits that stand
        for others are converted to float32.
    """

    runtime: str
    inputs: list[tuple[str, str, list[int | None]]]
    run: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]


def litert(file: pathlib.Path) -> Model:
    """Loads a `.tflite` file, whose only signature has one input and output."""
    import ai_edge_litert
    from ai_edge_litert.interpreter import Interpreter

    model = Interpreter(str(file), num_threads=os.cpu_count())
    ((_, signature),) = model.get_signature_list().items()
    (given,), (returned,) = (
        model.get_input_details(),
        model.get_output_details(),
    )
    (input_name,), (output_name,) = signature["inputs"], signature["outputs"]

    def run(inputs):
        values = inputs[input_name]
        model.resize_tensor_input(given["index"], values.shape)
        model.allocate_tensors()
        model.set_tensor(given["index"], _quantized(values, given))
        model.invoke()
        found = model.get_tensor(returned["index"])
        return {output_name: _real(found, returned)}

    shape = [None if n < 0 else int(n) for n in given["shape_signature"]]
    spec = (input_name, np.dtype(given["dtype"]).name, shape)
    return Model(f"LiteRT {ai_edge_litert.__version__}", [spec], run)


def _quantized(values, tensor):
    scale, zero = tensor["quantization"]
    if not scale:
        return values
    limits = np.iinfo(tensor["dtype"])
    values = np.clip(np.rint(values / scale) + zero, limits.min, limits.max)
    return values.astype(tensor["dtype"])


def _real(values, tensor):
    scale, zero = tensor["quantization"]
    if not scale:
        return values
    return (values.astype(np.float32) - zero) * np.float32(scale)


def onnx(file: pathlib.Path) -> Model:
    """Loads a `.onnx` file, to run on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(
        file, providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]

    def run(inputs):
        return dict(zip(names, session.run(names, inputs), strict=True))

    inputs = [
        (
            each.name,
            each.type.removeprefix("tensor(").removesuffix(")"),
            [n if isinstance(n, int) else None for n in each.shape],
        )
        for each in session.get_inputs()
    ]
    return Model(f"onnxruntime {onnxruntime.__version__}", inputs, run)


def openvino(path: pathlib.Path) -> Model:
    """Loads a `.onnx` file or a SavedModel in OpenVINO, to run on the CPU."""
    import openvino as ov

    compiled = ov.Core().compile_model(str(path), "CPU", _OPENVINO)

    def run(inputs):
        found = compiled(inputs)
        return {
            output.get_any_name(): _bytes(value)
            for output, value in found.items()
        }

    inputs = [
        (
            each.get_any_name(),
            each.get_element_type().to_dtype().name,
            [
                None if n.is_dynamic else n.get_length()
                for n in each.get_partial_shape()
            ],
        )
        for each in compiled.inputs
    ]
    version = ov.__version__.partition("-")[0]
    return Model(f"OpenVINO {version}", inputs, run)


def _bytes(values):
    """Texts as TensorFlow returns them, in UTF-8."""
    return (
        np.char.encode(values, "utf-8") if values.dtype.kind == "U" else values
    )


#: The suffix of a file -> the function that loads it.
BY_SUFFIX = {".tflite": litert, ".onnx": onnx}
