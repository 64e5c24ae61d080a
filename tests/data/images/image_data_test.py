import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.data.images import image_data


def numbered_split(num_images):
    labels = np.arange(num_images, dtype=np.int32)
    images = np.broadcast_to(
        labels.astype(np.uint8)[:, None, None, None], (num_images, 2, 3, 1)
    )
    return image_data.Split(images, labels)


def test_both_data_sets_are_known_by_name():
    assert set(image_data.names()) >= {"cifar10", "digits"}
    assert list(image_data.names()) == sorted(image_data.names())


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(errors.RequestError) as caught:
        image_data.load("cifar-10")
    assert "unknown dataset 'cifar-10'" in str(caught.value)
    assert "did you mean 'cifar10'?" in str(caught.value)


def test_a_name_is_defined_once():
    with pytest.raises(ValueError, match="'digits' is defined twice"):
        image_data.dataset("digits")(lambda data_dir, download: None)


def test_the_two_parts_are_a_partition_that_keeps_images_with_labels():
    train, validation = image_data.split_train(numbered_split(50), 10, seed=3)
    assert (len(train), len(validation)) == (40, 10)
    together = np.concatenate([train.labels, validation.labels])
    assert sorted(together) == list(range(50))
    for part in (train, validation):
        assert part.images.shape[1:] == (2, 3, 1)
        np.testing.assert_array_equal(part.images[:, 0, 0, 0], part.labels)


def test_the_seed_decides_on_the_parts():
    def validation(seed):
        return set(
            image_data.split_train(numbered_split(50), 10, seed)[1].labels
        )

    assert validation(3) == validation(3)
    assert validation(3) != validation(4)
    assert validation(3) != set(range(10))


@pytest.mark.parametrize("num_validation", [-1, 0, 50, 51])
def test_no_part_may_be_empty(num_validation):
    with pytest.raises(errors.RequestError) as caught:
        image_data.split_train(numbered_split(50), num_validation, seed=0)
    assert str(caught.value) == (
        "data.validation_images: expected 1 to 49, as there are 50 training "
        f"images, found {num_validation}"
    )


def test_a_split_says_what_is_wrong_with_its_arrays():
    images = np.zeros([4, 2, 3, 1], np.uint8)
    with pytest.raises(ValueError, match=r"found float32 \[4, 2, 3, 1\]"):
        image_data.Split(images.astype(np.float32), np.zeros(4, np.int32))
    with pytest.raises(ValueError, match=r"int32 \[4\], found int32 \[5\]"):
        image_data.Split(images, np.zeros(5, np.int32))
