import dataclasses
import json
import shutil

import numpy as np
import onnx
import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.data.images import image_data
from ednas_tf.export import exporter, litert, onnx_file, versions, warmup
from ednas_tf.export.gate import gate
from ednas_tf.runs import starts


@pytest.fixture(scope="module")
def checked(trained_dir, tmp_path_factory):
    """A first version with all formats, checked as by the command."""
    folder = tmp_path_factory.mktemp("checked")
    return exporter.export(trained_dir, folder, formats=("litert", "onnx"))


@pytest.fixture
def unchecked(monkeypatch):
    found = {
        "images": 360,
        "accuracy": 0.5,
        "largest_difference": {"serving_default": 0.0},
        "warmup_requests": 4,
    }
    monkeypatch.setattr(gate, "check", lambda *_: found)


def test_files_and_provenance_of_an_export(checked, found):
    extra = checked / "assets.extra"
    provenance = json.loads((extra / "provenance.json").read_text())
    accuracy = found.result["test_accuracy"]

    assert {file.name for file in extra.iterdir()} == {
        *("labels.txt", "provenance.json", "tf_serving_warmup_requests"),
        *(litert.FLOAT_FILE, litert.SINGLE_FILE, litert.INT8_FILE),
        *(onnx_file.FILE, "input.json"),
    }
    assert provenance["formats"] == ["litert", "onnx"]
    assert json.loads((extra / "input.json").read_text()) == {
        "name": "images",
        "dtype": "uint8",
        "height": 8,
        "width": 8,
        "channels": 1,
        "central": False,
    }
    assert (
        extra / "labels.txt"
    ).read_text() == "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n"
    assert provenance["settings_fingerprint"] == found.settings.fingerprint()
    assert provenance["genotype_fingerprint"] == found.genotype.fingerprint()
    assert provenance["result"]["test_accuracy"] == accuracy
    assert provenance["source_digest"] == starts.source_digest()
    assert provenance["versions"]["tensorflow"] == tf.__version__
    # The 360 test images of digits are those of the training's test.
    assert provenance["gate"]["images"] == 360
    assert provenance["gate"]["accuracy"] == pytest.approx(accuracy, abs=1e-6)
    assert provenance["gate"]["int8_accuracy"] >= accuracy - 0.01
    assert provenance["gate"]["warmup_requests"] == 4
    differences = provenance["gate"]["largest_difference"]
    assert set(differences) == {
        *("serving_default", "encoded", "encoded at other sizes"),
        *("saved_model_cli", "model.tflite", "model_batch_1.tflite"),
        *("model.onnx", "openvino saved_model", "openvino model.onnx"),
    }
    assert max(differences.values()) < 1e-5


def test_the_open_dimension_of_onnx_is_called_batch(checked):
    graph = onnx.load(checked / "assets.extra" / onnx_file.FILE).graph
    for (value,), size in ((graph.input, 4), (graph.output, 2)):
        dimensions = value.type.tensor_type.shape.dim
        assert dimensions[0].dim_param == "batch"
        assert len(dimensions) == size
        assert all(each.dim_value > 0 for each in dimensions[1:])


def test_warm_up_requests_are_test_images(exported, found):
    test = found.task.data.test.images
    requests = list(warmup.read(exported))
    assert [name for name, _ in requests] == ["serving_default", "encoded"] * 2
    for (_, raw), (_, files), size in zip(
        requests[::2], requests[1::2], (1, 4), strict=True
    ):
        # The images are spread from the first to the last.
        images = test[np.linspace(0, len(test) - 1, size).round().astype(int)]
        np.testing.assert_array_equal(raw["images"], images)
        decoded = map(tf.io.decode_png, files["encoded_images"])
        np.testing.assert_array_equal(np.stack(list(decoded)), images)


def test_versions(trained_dir, exported, unchecked, tmp_path, capsys):
    shutil.copytree(exported, tmp_path / "1")
    (tmp_path / "notes").mkdir()
    assert exporter.export(trained_dir, tmp_path) == tmp_path / "2"
    with pytest.raises(
        errors.RequestError, match="version 2 exists; .* version 3"
    ):
        exporter.export(trained_dir, tmp_path, 2)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["1", "2", "notes"]
    told = capsys.readouterr().out
    assert all(len(line) <= 80 or "/" in line for line in told.splitlines())
    predict, serve = told.replace(" \\\n   ", "").splitlines()[-2:]
    assert predict == (
        f"next: python -m ednas_tf.export.predict --model={tmp_path} "
        "--images=photo.jpg"
    )
    assert serve == (
        "next: tensorflow_model_server --rest_api_port=8501 "
        f"--model_name=digits --model_base_path={tmp_path}"
    )


def test_an_export_that_fails_leaves_nothing(
    trained_dir, tmp_path, monkeypatch
):
    def fail(saved_model, _):
        assert (saved_model / "saved_model.pb").is_file()
        raise errors.RunError("disagrees")

    monkeypatch.setattr(gate, "check", fail)
    (tmp_path / "old").mkdir()
    for folder in ("old", "new"):
        with pytest.raises(errors.RunError, match="disagrees"):
            exporter.export(trained_dir, tmp_path / folder)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert not any((tmp_path / "old").iterdir())


def test_a_version_created_in_the_meantime_is_kept(
    trained_dir, tmp_path, unchecked, monkeypatch
):
    check = gate.check

    def slow(*arguments):
        if not (tmp_path / "1").exists():
            (tmp_path / "1").mkdir()
            (tmp_path / "1/saved_model.pb").write_text("another's")
        return check(*arguments)

    monkeypatch.setattr(gate, "check", slow)
    assert exporter.export(trained_dir, tmp_path) == tmp_path / "2"
    with pytest.raises(errors.RequestError, match="version 1 exists"):
        versions.place(tmp_path / "2", tmp_path, 1)
    assert (tmp_path / "1/saved_model.pb").read_text() == "another's"


def test_an_unfinished_training_is_refused(tmp_path, trained_dir):
    for name in ("params.yaml", "genotype.json"):
        shutil.copy(trained_dir / name, tmp_path)
    with pytest.raises(errors.RequestError, match="finished training"):
        exporter.export(tmp_path, tmp_path / "export")
    shutil.copy(trained_dir / "result.json", tmp_path)
    with pytest.raises(errors.RequestError, match="weights of the network"):
        exporter.export(tmp_path, tmp_path / "export")
    assert not (tmp_path / "export").exists()


@pytest.fixture
def copy(trained_dir, tmp_path):
    """A copy of a training that a test may damage."""
    return shutil.copytree(trained_dir, tmp_path / "copy")


def test_weights_of_another_genotype_are_refused(copy):
    file = copy / "genotype.json"
    file.write_text(file.read_text().replace("sep_conv_3x3", "dil_conv_3x3"))
    with pytest.raises(errors.RequestError, match="genotype_fingerprint: exp"):
        exporter.export(copy, copy / "export")
    assert not (copy / "export").exists()
    # The weights themselves reveal it if there is no fingerprint.
    result = json.loads((copy / "result.json").read_text())
    del result["genotype_fingerprint"]
    (copy / "result.json").write_text(json.dumps(result))
    with pytest.raises(errors.RequestError, match="weights of the network"):
        exporter.export(copy, copy / "export")
    assert not (copy / "export").exists()


DIGITS = tuple("0123456789")


@pytest.mark.parametrize("labels", [(*DIGITS, "ten"), DIGITS[::-1]])
def test_a_data_set_with_other_classes_is_refused(copy, monkeypatch, labels):
    load = image_data.load

    def changed(*arguments):
        return dataclasses.replace(load(*arguments), labels=labels)

    monkeypatch.setattr(image_data, "load", changed)
    message = f"digits: expected the 10 classes .* found {len(labels)} classes"
    with pytest.raises(errors.RequestError, match=message):
        exporter.export(copy, copy / "export")
    assert not (copy / "export").exists()


def test_a_file_as_export_dir_is_refused(trained_dir, tmp_path):
    (tmp_path / "file").write_text("notes")
    for place in ("file", "file/export"):
        with pytest.raises(errors.RequestError, match="another --export_dir"):
            exporter.export(trained_dir, tmp_path / place)
    assert (tmp_path / "file").read_text() == "notes"
