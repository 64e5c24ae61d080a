import importlib.util

import pytest

from ednas_tf import errors
from export import exporter, packages


def test_all_that_the_tests_need_is_there():
    packages.check(("litert", "onnx"))


def test_a_missing_package_is_told_of_before_all_else(tmp_path, monkeypatch):
    find = importlib.util.find_spec

    def without(name, *arguments):
        return None if "onnx" in name else find(name, *arguments)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(errors.RequestError) as error:
        exporter.export(tmp_path / "none", tmp_path / "new", forms=("onnx",))
    assert str(error.value) == (
        "--onnx: needs packages that are not installed (onnx, onnxruntime, "
        "tf2onnx); run: python -m pip install -r requirements-export.txt"
    )
    assert not any(tmp_path.iterdir())
    packages.check(("litert",))
