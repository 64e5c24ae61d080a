"""A plugin: the data set `cifar10_16`, the images of `setting`.

    python -m ednas_tf.search --plugin=benchmarks.search_quality.cifar10_16 \
        --config_file=benchmarks/search_quality/cifar10_16.yaml \
        --data_dir=TFDS_FOLDER --model_dir=runs/small
"""

from benchmarks.search_quality import setting
from ednas_tf.data.images import image_data


@image_data.dataset("cifar10_16")
def cifar10_16(data_dir: str | None, download: bool) -> image_data.ImageData:
    """CIFAR-10 at 16 x 16 pixels: 25,000 images to train and validate on."""
    del download
    return setting.images(data_dir)
