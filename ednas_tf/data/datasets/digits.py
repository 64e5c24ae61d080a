"""Handwritten digits of 8 x 8 pixels from scikit-learn."""

import numpy as np

from ednas_tf.data.images import image_data

# The images are sorted by writer. Cutting without shuffling gives the test set
# writers that training has not seen (except the writer at the cut).
_NUM_TRAIN = 1437


@image_data.dataset("digits", (8, 8, 1), 10)
def digits(data_dir: str | None, download: bool) -> image_data.ImageData:
    """1,437 training and 360 test images, uint8 [8, 8, 1], 10 classes.

    Mean and standard deviation are those of all training pixels. No files are
    read and nothing is downloaded: a `data_dir` is ignored with a warning, and
    `download` has no effect.
    """
    # Imported here because the import takes a second.
    from sklearn import datasets

    del download
    source = datasets.load_digits()
    # The source gives 0 to 16, the number of inked points out of 4 x 4.
    images = np.rint(source.images * (255 / 16)).astype(np.uint8)[..., None]
    labels = source.target.astype(np.int32)
    train = image_data.Split(images[:_NUM_TRAIN], labels[:_NUM_TRAIN])
    scaled = train.images / 255
    unused = (
        f"digits: --data_dir={data_dir} is ignored because the images come "
        "with scikit-learn"
    )
    return image_data.ImageData(
        name="digits",
        train=train,
        test=image_data.Split(images[_NUM_TRAIN:], labels[_NUM_TRAIN:]),
        labels=tuple(str(name) for name in source.target_names),
        mean=(float(scaled.mean()),),
        stddev=(float(scaled.std()),),
        crop_padding=1,
        warning=unused if data_dir else "",
    )
