"""Predictions without a server: every format gives the network's own."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver

from ednas_tf import errors
from ednas_tf.data.images import image_data
from ednas_tf.export import (
    classifier,
    litert,
    onnx_file,
    predict,
    response_time,
)
from ednas_tf.export.images import signatures
from tests.docs import pages

ONNX, FLOAT = f"assets.extra/{onnx_file.FILE}", "assets.extra/model.tflite"


@pytest.fixture(scope="module")
def digits():
    return image_data.load("digits")


@pytest.fixture(scope="module")
def network():
    """A linear network with fixed weights instead of a searched one."""
    layer = keras.layers.Dense(10, use_bias=False)
    result = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), layer]
    )
    layer.set_weights([np.random.default_rng(0).normal(size=(64, 10))])
    return result


@pytest.fixture(scope="module")
def versions(digits, network, tmp_path_factory):
    """A folder of versions, of which the highest is whole."""
    folder = tmp_path_factory.mktemp("export")
    archive = signatures.archive(network, digits)
    archive.write_out(str(folder / "10"), verbose=False)
    (folder / "9").mkdir()
    (folder / "9/saved_model.pb").write_bytes(b"damaged")
    extra = folder / "10/assets.extra"
    extra.mkdir()
    names = "".join(f"{i}\n" for i in range(10))
    (extra / "labels.txt").write_text(names)
    form = {"width": 8, "height": 8, "channels": 1, "central": False}
    (extra / "input.json").write_text(json.dumps(form))
    (extra / "model.tflite").write_bytes(litert.float_model(network, digits))
    one = litert.float_model(network, digits, batch=1)
    (extra / litert.SINGLE_FILE).write_bytes(one)
    onnx_file.write(network, digits, extra)
    return folder


@pytest.fixture(scope="module")
def pictures(digits, tmp_path_factory):
    """Two test images as files."""
    folder = tmp_path_factory.mktemp("pictures")
    for i, image in enumerate(digits.test.images[:2]):
        (folder / f"{i}.png").write_bytes(tf.io.encode_png(image).numpy())
    return folder


@pytest.fixture(scope="module")
def expected(digits, network):
    standard = (digits.test.images[:2] / 255 - digits.mean) / digits.stddev
    return tf.nn.softmax(network(standard.astype(np.float32))).numpy()


def run(model, images):
    flags.FLAGS.mark_as_parsed()
    with flagsaver.flagsaver(model=str(model), images=[str(images)], top=2):
        predict.main()


@pytest.mark.parametrize(
    "name", ["", "10", FLOAT, f"assets.extra/{litert.SINGLE_FILE}", ONNX]
)
def test_the_networks_best_classes(versions, pictures, expected, name, capsys):
    run(versions / "10" / name if "/" in name else versions / name, pictures)
    lines = []
    for i, row in enumerate(expected):
        first, second = np.argsort(-row)[:2]
        lines.append(
            f"{pictures}/{i}.png: class {first}: {100 * row[first]:.1f} %, "
            f"class {second}: {100 * row[second]:.1f} %"
        )
    assert capsys.readouterr().out.splitlines() == lines


def test_the_share_that_is_right(
    versions, pictures, expected, tmp_path, capsys
):
    best = expected[0].argmax()
    for folder in (str(best), str((best + 1) % 10)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.png").symlink_to(pictures / "0.png")
    run(versions, tmp_path)
    assert capsys.readouterr().out.splitlines()[-1] == (
        "1 of 2 images in folders of classes are right (50.0 %)"
    )


def test_the_program_of_the_page_needs_litert_alone(
    versions, pictures, expected, tmp_path, monkeypatch, capsys
):
    (tmp_path / "runs/photos/export").mkdir(parents=True)
    (tmp_path / "runs/photos/export/1").symlink_to(versions / "10")
    (tmp_path / "photos/beach").mkdir(parents=True)
    (tmp_path / "photos/beach/0001.jpg").symlink_to(pictures / "1.png")
    (block,) = pages.blocks("docs/serving.md", "python")
    monkeypatch.chdir(tmp_path)
    exec(compile(block.text, "<serving>", "exec"), {})
    name, probability = capsys.readouterr().out.split()
    assert name == str(expected[1].argmax())
    assert float(probability) == pytest.approx(expected[1].max(), abs=1e-5)


def test_an_image_of_another_size_is_prepared_as_by_the_savedmodel(
    versions, digits
):
    larger = digits.test.images[5].repeat(3, axis=0).repeat(2, axis=1)
    content = tf.io.encode_png(larger).numpy()
    found = [
        classifier.load(versions / "10" / name).classify(content)
        for name in ("", FLOAT, ONNX)
    ]
    for each in found[1:]:
        assert each.label == found[0].label
        np.testing.assert_allclose(
            each.probabilities, found[0].probabilities, atol=1e-5
        )


def test_a_file_alone_has_numbers_for_names(versions, pictures, tmp_path):
    (tmp_path / "a.onnx").write_bytes((versions / "10" / ONNX).read_bytes())
    alone = classifier.load(tmp_path / "a.onnx")
    found = alone.classify((pictures / "0.png").read_bytes())
    assert alone.names is None
    assert found.label == f"class {found.number}"


def refusal(model, images):
    with pytest.raises(errors.RequestError) as caught:
        run(model, images)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_cannot_be_answered_is_refused(versions, pictures, tmp_path):
    for name in ("a.onnx", "a.tflite", "notes.txt", "cut.png"):
        (tmp_path / name).write_bytes(b"other")
    wanted = "expected an exported version such as EXPORT_DIR/1, a folder of"
    assert f"--model: {tmp_path}: {wanted}" in refusal(tmp_path, pictures)
    found = refusal(tmp_path / "notes.txt", pictures)
    assert found.endswith("of one, found another file")
    for name in ("a.onnx", "a.tflite"):
        found = refusal(tmp_path / name, pictures)
        assert f"{name}: cannot be loaded: " in found
    found = refusal(versions / "9", pictures)
    assert "9: cannot be loaded: " in found

    whole = (pictures / "0.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    for name in ("", FLOAT):
        assert refusal(versions / "10" / name, tmp_path / "cut.png") == (
            f"{tmp_path}/cut.png: expected a JPEG or PNG image, found one that "
            "is damaged or has too many pixels; give another file"
        )


def test_a_damaged_description_of_the_input_is_refused(versions, tmp_path):
    (tmp_path / "a.tflite").write_bytes((versions / "10" / FLOAT).read_bytes())
    (tmp_path / "input.json").write_text('{"central": "maybe"}')
    with pytest.raises(errors.RequestError, match="input.json: expected an ex"):
        classifier.load(tmp_path / "a.tflite")


def test_the_latency_of_each_file(versions):
    found = response_time.of_files(versions / "10", [1, 3], 2)
    single = f"assets.extra/{litert.SINGLE_FILE}"
    assert list(found) == [ONNX, FLOAT, single]
    assert [each["runtime"].split()[0] for each in found.values()] == [
        *("onnxruntime", "LiteRT", "LiteRT"),
    ]
    assert list(found[ONNX]["latency_ms"]) == [1, 3]
    assert list(found[single]["latency_ms"]) == [1]
    assert found[FLOAT]["bytes"] == (versions / "10" / FLOAT).stat().st_size
    for each in found.values():
        assert all(0 < ms < 1000 for ms in each["latency_ms"].values())
