"""Handwritten digits of 8x8 pixels, which come with scikit-learn."""

import numpy as np

from ednas_tf.data.images import image_data

# The images lie writer by writer. A cut, and no shuffling, leaves writers for
# the test that the training has not seen (all of them but the one at the cut).
_NUM_TRAIN = 1437


@image_data.dataset("digits", (8, 8, 1), 10)
def digits(data_dir: str | None, download: bool) -> image_data.ImageData:
    """1,437 training and 360 test images, uint8 [8, 8, 1], of 10 classes.

    Mean and standard deviation are those of all pixels of the training
    images. There are no files to read and nothing to fetch: a `data_dir` is
    left unused with a remark, `download` has nothing to do.
    """
    from sklearn import datasets  # It takes a second, which others need not.

    del download
    source = datasets.load_digits()
    # The source counts the inked ones of 4x4 points: 0 to 16.
    images = np.rint(source.images * (255 / 16)).astype(np.uint8)[..., None]
    labels = source.target.astype(np.int32)
    train = image_data.Split(images[:_NUM_TRAIN], labels[:_NUM_TRAIN])
    scaled = train.images / 255
    unused = (
        f"digits: --data_dir={data_dir} is not used, the images come with "
        "scikit-learn"
    )
    return image_data.ImageData(
        name="digits",
        train=train,
        test=image_data.Split(images[_NUM_TRAIN:], labels[_NUM_TRAIN:]),
        labels=tuple(str(name) for name in source.target_names),
        mean=(float(scaled.mean()),),
        stddev=(float(scaled.std()),),
        crop_padding=1,
        remark=unused if data_dir else "",
    )
