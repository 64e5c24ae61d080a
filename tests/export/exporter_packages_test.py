import importlib.util

import pytest

from ednas_tf import errors
from ednas_tf.export import exporter


def test_the_packages_of_the_tests_are_installed():
    exporter.check_packages(("litert", "onnx"))


def test_a_missing_package_is_reported_before_any_work(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/params.yaml").write_text("seed: 1")
    result = '{"test_accuracy": 0.5, "test_images": 360}'
    (tmp_path / "run/result.json").write_text(result)
    find = importlib.util.find_spec

    def without(name, *arguments):
        return None if "onnx" in name else find(name, *arguments)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(errors.RequestError) as error:
        exporter.export(tmp_path / "run", tmp_path / "new", formats=("onnx",))
    assert str(error.value) == (
        "--onnx: needs packages that are not installed (onnx, onnxruntime, "
        'tf2onnx); run: python -m pip install "ednas_tf[export]" (in a '
        "checkout: python -m pip install -r requirements-export.txt)"
    )
    assert not (tmp_path / "new").exists()
    exporter.check_packages(("litert",))


@pytest.mark.parametrize(
    "task, formats, message",
    [
        (
            *("language_modelling", ("onnx",)),
            "--onnx: expected networks that can be converted to this format, "
            "found those for language modelling; omit the flag",
        ),
        (
            *("table", ("litert",)),
            "--litert: expected a training that can be exported, found one for "
            "table, a task without a form of export",
        ),
    ],
)
def test_what_cannot_be_exported_is_refused_by_its_task(task, formats, message):
    """`ednas_tf.run` asks before its search."""
    with pytest.raises(errors.RequestError) as error:
        exporter.check_formats(task, formats)
    assert str(error.value) == message


def test_images_are_exported_in_all_formats():
    found = exporter.check_formats("image_classification", ("litert", "onnx"))
    assert found.known_formats == ("litert", "onnx")
