"""Packages that only some forms of an export need."""

import importlib.util

from ednas_tf import errors

#: Form -> what it imports.
_NEEDED = {
    "litert": ("ai_edge_litert",),
    "onnx": ("onnx", "onnxruntime", "tf2onnx"),
}


def check(forms: tuple[str, ...]) -> None:
    """Raises `RequestError` unless all that `forms` need is installed."""
    for form in forms:
        missing = [
            name
            for name in _NEEDED[form]
            if importlib.util.find_spec(name) is None
        ]
        if missing:
            names = ", ".join(missing)
            raise errors.RequestError(
                f"--{form}: needs packages that are not installed ({names}); "
                "run: python -m pip install -r requirements-export.txt"
            )
