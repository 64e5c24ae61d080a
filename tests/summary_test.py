import json
import os
import subprocess
import sys
import time

import pytest

from ednas_tf import errors, registry, summary, tasks
from ednas_tf.data.images import image_data
from ednas_tf.data.text import text_data
from ednas_tf.settings import resolve
from ednas_tf.space import published
from tests import printed
from tests.data import pictures

#: As in `nets/counting_test.py`, by the settings of the data sets.
IMAGENET_V2 = (4718752, 1260776, 529911552)


def numbers(found):
    return tuple(
        found[name]
        for name in ("parameters", "auxiliary_parameters", "multiply_adds")
    )


@pytest.mark.parametrize(
    "dataset, expected",
    [
        ("cifar10", (3349342, 476426, 528359040)),
        ("imagenet2012", IMAGENET_V2),
    ],
)
def test_the_networks_of_the_paper(dataset, expected, monkeypatch):
    monkeypatch.setattr(image_data, "load", None)
    settings = resolve.resolve(dataset)
    genotype = published.published("darts_v2")
    summary.summary(settings, genotype)
    begin = time.monotonic()
    found = summary.summary(settings, genotype)
    seconds = time.monotonic() - begin

    assert numbers(found) == expected
    assert found["genotype_fingerprint"] == genotype.fingerprint()
    # 0.2 are meant; others use this machine, too.
    assert seconds < 1


def test_a_data_set_whose_form_is_not_known_is_read(monkeypatch):
    monkeypatch.setattr(image_data, "form", lambda name: None)
    settings = resolve.resolve("digits")
    found = summary.summary(settings, published.published("darts_v1"))
    assert found["image_shape"] == [8, 8, 1]
    assert found["num_classes"] == 10
    assert found["test_images"] == 360
    # The most frequent digit of the test is there 37 times.
    assert found["chance_accuracy"] == pytest.approx(37 / 360)
    assert found["auxiliary_parameters"] == 0


def test_images_that_are_too_small():
    settings = resolve.resolve("digits", [], "train.network.stem=imagenet")
    with pytest.raises(errors.RequestError, match="at least 32 x 32"):
        summary.summary(settings, published.published("darts_v1"))


@pytest.mark.parametrize(
    "name, override, expected",
    [
        ("ednas_ptb", "", (22960000, 0, 22950000)),
        ("darts_v2_rnn", "", (22960000, 0, 22950000)),
        (
            "darts_v1_rnn",
            "train.language_model.hidden=300",
            (4810000, 0, 4800000),
        ),
        ("enas_rnn", "", (27295000, 0, 27285000)),
    ],
)
def test_the_language_models_of_the_paper(
    name, override, expected, monkeypatch
):
    monkeypatch.setattr(text_data, "load", None)
    settings = resolve.resolve("penn_treebank", [], override)
    genotype = published.published(name)
    found = summary.summary(settings, genotype)

    assert numbers(found) == expected
    assert found["dataset"] == "penn_treebank"
    assert found["words"] == 10000
    assert found["hidden"] == (300 if override else 850)
    assert found["genotype_fingerprint"] == genotype.fingerprint()


def test_the_words_of_a_text_are_read(tmp_path):
    for split in ("train", "valid", "test"):
        (tmp_path / f"{split}.txt").write_text("a b a\nc\n")
    overrides = f"runtime.data_dir={tmp_path},train.language_model.hidden=5"
    settings = resolve.resolve("text", [], overrides)
    found = summary.summary(settings, published.published("ednas_ptb"))

    # a, b, c and <eos>; ten matrices [5, 10].
    assert found["words"] == 4
    assert found["parameters"] == 4 * 5 + 4 + 10 * 5 * 10


@pytest.mark.parametrize(
    "dataset, name, message",
    [
        (
            "cifar10",
            "ednas_ptb",
            "--genotype: expected a convolutional architecture, because "
            "--dataset=cifar10 contains images, found a recurrent one",
        ),
        (
            "penn_treebank",
            "darts_v2",
            "--genotype: expected a recurrent architecture, because "
            "--dataset=penn_treebank contains text, found a convolutional one",
        ),
    ],
)
def test_an_architecture_of_the_other_kind(dataset, name, message, monkeypatch):
    monkeypatch.setattr(image_data, "load", None)
    monkeypatch.setattr(text_data, "load", None)
    with pytest.raises(errors.RequestError) as caught:
        summary.summary(resolve.resolve(dataset), published.published(name))

    assert str(caught.value).startswith(message)


def test_the_command_prints_one_json_object():
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ednas_tf.summary"),
            *("--dataset=imagenet2012", "--genotype=darts_v2"),
        ],
        capture_output=True,
        text=True,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr
    assert numbers(json.loads(done.stdout)) == IMAGENET_V2


def test_sizes_are_chosen_for_images_that_are_read(tmp_path):
    folder = pictures.folder(tmp_path, 12, sizes=((24, 24),))
    settings = resolve.resolve("images")
    settings.runtime.data_dir = folder
    found = summary.summary(settings, published.published("darts_v2"))
    few = (found["cells"], found["channels"])
    assert few == (5, 8)  # So few images teach no more than the smallest.
    assert found["parameters"] < 10**5

    settings = resolve.resolve("cifar10", overrides="train.network.cells=0")
    with pytest.raises(errors.RequestError, match="cells and channels above"):
        summary.summary(settings, published.published("darts_v2"))


def test_the_classes_and_what_is_left_out_are_named(tmp_path, capsys):
    pictures.folder(tmp_path / "train", 10, sizes=((64, 64),))
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "a.jpg").touch()
    settings = resolve.resolve("images")
    settings.runtime.data_dir = str(tmp_path)
    found = summary.summary(settings, published.published("darts_v2"))
    assert found["classes"] == ["cat", "dog"]
    assert printed.unbroken(capsys.readouterr().err) == (
        "warning: images: the folder test is ignored because its images have "
        "no labels\n"
    )


def test_a_task_that_says_nothing_of_its_data_reads_them(monkeypatch):
    known = registry.TASKS
    monkeypatch.setattr(known, "_known", {**known._known})

    @known.register("digits_of_ones_own")
    class Digits(known.get("image_classification")):
        summarize = classmethod(tasks.Task.summarize.__func__)

    settings = resolve.resolve("digits")
    genotype = published.published("darts_v1")
    expected = summary.summary(settings, genotype)
    settings.task = "digits_of_ones_own"
    found = summary.summary(settings, genotype)

    assert numbers(found) == numbers(expected)
    with pytest.raises(errors.RequestError, match="a convolutional arch"):
        summary.summary(settings, published.published("ednas_ptb"))
