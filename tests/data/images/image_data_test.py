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


def test_data_sets_are_registered_by_name():
    assert set(image_data.names()) >= {"cifar10", "digits"}
    assert list(image_data.names()) == sorted(image_data.names())


def test_an_unknown_name_is_refused_with_the_nearest_suggestion():
    with pytest.raises(errors.RequestError) as caught:
        image_data.load("cifar-10")
    assert "unknown dataset 'cifar-10'" in str(caught.value)
    assert "did you mean 'cifar10'?" in str(caught.value)


def test_a_name_is_defined_once():
    with pytest.raises(ValueError, match="'digits' is defined twice"):
        image_data.dataset("digits")(lambda data_dir, download: None)


def test_the_two_splits_partition_the_images_and_keep_their_labels():
    train, validation = image_data.split_train(numbered_split(50), 10, seed=3)
    assert (len(train), len(validation)) == (40, 10)
    together = np.concatenate([train.labels, validation.labels])
    assert sorted(together) == list(range(50))
    for part in (train, validation):
        assert part.images.shape[1:] == (2, 3, 1)
        np.testing.assert_array_equal(part.images[:, 0, 0, 0], part.labels)


def test_the_split_depends_on_the_seed():
    def validation(seed):
        return set(
            image_data.split_train(numbered_split(50), 10, seed)[1].labels
        )

    assert validation(3) == validation(3)
    assert validation(3) != validation(4)
    assert validation(3) != set(range(10))


@pytest.mark.parametrize("num_validation", [-1, 0, 50, 51])
def test_neither_split_may_be_empty(num_validation):
    with pytest.raises(errors.RequestError) as caught:
        image_data.split_train(numbered_split(50), num_validation, seed=0)
    assert str(caught.value) == (
        "data.validation_images: expected 1 to 49, because there are 50 "
        f"training images, found {num_validation}; set it to a fifth of them, "
        "10"
    )


def test_a_split_refuses_arrays_of_the_wrong_type_or_shape():
    images = np.zeros([4, 2, 3, 1], np.uint8)
    with pytest.raises(ValueError, match=r"found float32 \[4, 2, 3, 1\]"):
        image_data.Split(images.astype(np.float32), np.zeros(4, np.int32))
    with pytest.raises(ValueError, match=r"int32 \[4\], found int32 \[5\]"):
        image_data.Split(images, np.zeros(5, np.int32))
