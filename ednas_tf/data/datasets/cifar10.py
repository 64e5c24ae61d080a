"""CIFAR-10 (Krizhevsky, 2009), through TensorFlow Datasets."""

from ednas_tf.data import tfds_arrays
from ednas_tf.data.images import image_data


@image_data.dataset("cifar10", (32, 32, 3), 10)
def cifar10(data_dir: str | None, download: bool) -> image_data.ImageData:
    """50,000 training and 10,000 test images, uint8 [32, 32, 3], 10 classes.

    Mean and standard deviation are the published values for the original
    pixels, whichever copy is read.

    Args:
      data_dir: the TFDS folder that contains `cifar10`, or None for TFDS's
        default.
      download: whether TFDS may download the data set.

    Raises:
      RequestError, RunError: see `tfds_arrays.read`.
    """
    train, test, labels = tfds_arrays.read("cifar10", data_dir, download)
    return image_data.ImageData(
        name="cifar10",
        train=train,
        test=test,
        labels=labels,
        mean=(0.4914, 0.4822, 0.4465),
        stddev=(0.2470, 0.2435, 0.2616),
        crop_padding=4,
        flip=True,
    )
