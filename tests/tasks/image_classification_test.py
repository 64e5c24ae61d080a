import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import tasks
from ednas_tf.data.images import image_data
from ednas_tf.nets import stem
from ednas_tf.settings import resolve
from tests.data import pictures

SMALL = (
    "search.network.cells=3,search.network.channels=4,search.space.nodes=2,"
    "train.network.cells=3,train.network.channels=4,search.batch_size=4,"
    "policy.batch_size=6,data.validation_images=8"
)


def make(folder, overrides="", dataset="images"):
    settings = resolve.resolve(dataset, [], f"{SMALL},{overrides}")
    settings.override({"runtime": {"data_dir": str(folder)}})
    return tasks.make(settings)


@pytest.mark.parametrize(
    "name, shape, expected",
    [
        ("auto", (64, 64, 3), "cifar"),
        ("auto", (65, 64, 3), "imagenet"),
        ("cifar", (224, 224, 3), "cifar"),
        ("imagenet", (32, 32, 3), "imagenet"),
    ],
)
def test_the_stem_follows_from_the_size(name, shape, expected):
    assert stem.fitting(name, shape) == expected


def test_what_is_found_is_told_with_the_stem(tmp_path, capsys):
    pictures.folder(tmp_path, 10, sizes=((16, 16),))
    make(tmp_path).announce()
    assert capsys.readouterr().out == (
        "images: 16 training and 4 test images of 2 classes (cat, dog), "
        "16 x 16 x 3, held\n  in memory; stem: cifar\n"
        "chosen for data and machine: train.batch_size=2\n"
    )
    make(tmp_path, "data.image_size=96,train.network.stem=cifar").announce()
    assert capsys.readouterr().out == (
        "images: 16 training and 4 test images of 2 classes (cat, dog), "
        "96 x 96 x 3,\n  decoded when needed; stem: cifar and imagenet\n"
        "chosen for data and machine: train.batch_size=2\n"
    )


@pytest.mark.parametrize("chosen, warns", [(0, False), (12, False), (11, True)])
def test_only_a_smaller_choice_than_ours_is_warned_of(
    tmp_path, capsys, chosen, warns
):
    pictures.folder(tmp_path, 38, sizes=((16, 16),))
    make(tmp_path, f"data.validation_images={chosen}").announce_search()
    printed = capsys.readouterr()
    assert "60 training images are few for a search" in printed.out
    assert ("11 images cannot tell" in printed.err) == warns


def test_a_search_reads_what_its_settings_say(tmp_path):
    pictures.folder(tmp_path, 12, sizes=((100, 100),))
    task = make(tmp_path, "data.image_size=80")
    assert task.image_shape == (80, 80, 3)
    assert task.search_steps(1) == (3, 1)
    strategy = tf.distribute.get_strategy()
    images, _ = next(iter(task.child_batches(strategy, 0)))
    assert images.images.shape == (4, 80, 80, 3)
    images, labels = next(iter(task.policy_batches(strategy, 0)))
    assert images.shape == (6, 80, 80, 3) and labels.shape == (6,)


def test_rewards_are_balanced_if_asked_for(tmp_path):
    pictures.folder(tmp_path, 12, sizes=((16, 16),))
    labels = tf.constant([0, 0, 0, 1])
    logits = tf.one_hot(tf.constant([0, 0, 0, 0]), 2)

    def supernet(images, architecture):
        return logits

    batch = tf.zeros([4, 16, 16, 3]), labels
    task = make(tmp_path, "policy.reward=balanced_accuracy")
    score = task.score(supernet, batch, None)
    assert score.numpy().tolist() == [3, 0, 3, 1]
    assert float(task.reward(score)) == 0.5
    assert task.reward_unit() == ("points of balanced accuracy", 100)
    task = make(tmp_path, "policy.batch_size=4")
    assert float(task.reward(task.score(supernet, batch, None))) == 0.75


def test_rewards_can_be_log_likelihoods(tmp_path, capsys):
    pictures.folder(tmp_path, 12, sizes=((16, 16),))
    task = make(tmp_path, "policy.reward=log_likelihood,policy.batch_size=2")
    batch = tf.zeros([2, 16, 16, 3]), tf.constant([0, 1])

    def supernet(images, architecture):
        return tf.math.log([[0.5, 0.5], [0.75, 0.25]])

    score = task.score(supernet, batch, None)
    expected = (np.log(0.5) + np.log(0.25)) / 2
    assert float(task.reward(score)) == pytest.approx(expected, rel=1e-6)
    assert task.reward_unit() == ("nats of log-likelihood", 1)
    task.announce_search()
    assert "rewards: mean log-likelihood of an image, in nats" in (
        capsys.readouterr().out
    )


def test_a_result_of_other_files_is_refused(tmp_path):
    pictures.folder(tmp_path, 10, sizes=((16, 16),))
    task = make(tmp_path)
    held = task.provenance()
    task.check_result(held, tmp_path)
    assert (
        "files_fingerprint"
        not in make(
            tmp_path, dataset="digits", overrides=("data.name=digits")
        ).provenance()
    )
    older = {n: value for n, value in held.items() if not n.startswith("cont")}
    file = tmp_path / "cat" / "000.jpg"
    file.write_bytes(pictures.encoded(pictures.plain(pictures.RED, 16, 16)))
    make(tmp_path).check_result(older, tmp_path)
    with pytest.raises(ValueError, match="files whose contents have changed "):
        make(tmp_path).check_result(held, tmp_path)
    file.rename(tmp_path / "cat" / "new.jpg")
    with pytest.raises(ValueError, match="expected the image files of the "):
        make(tmp_path).check_result(held, tmp_path)


def test_options_are_the_settings():
    asked = "data.image_size=32,runtime.broken_images_allowed=3"
    settings = resolve.resolve("images", [], asked)
    assert image_data.Options.of(settings) == image_data.Options(32, 0.2, 3)
    defaults = resolve.resolve()
    assert image_data.Options.of(defaults) == image_data.Options()
    assert np.isclose(defaults.data.test_share, 0.2)
