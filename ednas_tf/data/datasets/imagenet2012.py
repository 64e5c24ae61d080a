"""ImageNet (ILSVRC 2012; Russakovsky et al., 2015)."""

import dataclasses
import os

from ednas_tf.data.datasets import images, tfds
from ednas_tf.data.images import image_data, image_folders

_NAME, _CLASSES = "imagenet2012", 1000
#: The images of the folder `test` have no published labels.
_TESTS = ("val", "validation", "test")

image_data.known(_NAME, (224, 224, 3), _CLASSES)


@image_data.dataset_of_request("imagenet2012")
def imagenet2012(request: image_data.Request) -> image_data.ImageData:
    """1,281,167 training images; the 50,000 for validation are the test images.

    In `train/<wnid>` and `val/<wnid>` of the folder, or prepared there by TFDS
    in TFRecord files. Either way a class is called by its WordNet id, and has
    its place in their order.

    Raises:
      RequestError: the images are not there; see `image_folders.read`.
    """
    image_data.check_no_part(request)
    folder = request.data_dir
    if folder and os.path.isdir(os.path.join(folder, image_folders.TRAIN)):
        found = images.of_folder(request, _TESTS)
    else:
        found = tfds.of_name(request, _NAME, _TESTS)
    if len(found.labels) == _CLASSES:
        return found
    remark = f"{_NAME}: {len(found.labels)} classes, expected {_CLASSES}"
    both = "; ".join(filter(None, [remark, found.remark]))
    return dataclasses.replace(found, remark=both)
