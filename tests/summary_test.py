import json
import os
import subprocess
import sys
import time

import pytest

from ednas_tf import errors, summary
from ednas_tf.data import image_data
from ednas_tf.settings import resolve
from ednas_tf.space import published

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
    described = published.published("darts_v2")
    summary.summary(settings, described)
    begin = time.monotonic()
    found = summary.summary(settings, described)
    seconds = time.monotonic() - begin

    assert numbers(found) == expected
    assert found["genotype_fingerprint"] == described.fingerprint()
    # 0.2 are meant; others use this machine, too.
    assert seconds < 1


def test_a_data_set_whose_form_is_not_known_is_read(monkeypatch):
    monkeypatch.setattr(image_data, "form", lambda name: None)
    settings = resolve.resolve("digits")
    found = summary.summary(settings, published.published("darts_v1"))
    assert found["image_shape"] == [8, 8, 1]
    assert found["num_classes"] == 10
    assert found["auxiliary_parameters"] == 0


def test_images_that_are_too_small():
    settings = resolve.resolve("digits", [], "train.network.stem=imagenet")
    with pytest.raises(errors.RequestError, match="at least 32 x 32"):
        summary.summary(settings, published.published("darts_v1"))


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
