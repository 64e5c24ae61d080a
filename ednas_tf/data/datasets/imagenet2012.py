"""ImageNet (ILSVRC 2012; Russakovsky et al., 2015)."""

import dataclasses
import os

from ednas_tf.data.datasets import images, tfds
from ednas_tf.data.images import image_data, image_folders

_NAME, _CLASSES = "imagenet2012", 1000
#: The images of the folder `test` have no published labels.
_TESTS = ("val", "validation", "test")

image_data.register_form(_NAME, (224, 224, 3), _CLASSES)


@image_data.dataset_of_request("imagenet2012")
def imagenet2012(request: image_data.DatasetRequest) -> image_data.ImageData:
    """1,281,167 training images; the 50,000 validation images are the test set.

    The folder holds either `train/<wnid>` and `val/<wnid>`, or TFRecord files
    that TFDS has prepared. In both cases a class is named by its WordNet id,
    and classes are sorted by these ids.

    Raises:
      RequestError: the images are missing; see `image_folders.read`.
    """
    image_data.check_no_suffix(request)
    folder = request.data_dir
    if folder and os.path.isdir(os.path.join(folder, image_folders.TRAIN)):
        found = images.of_folder(request, _TESTS)
    else:
        found = tfds.of_name(request, _NAME, _TESTS)
    if len(found.labels) == _CLASSES:
        return found
    warning = f"{_NAME}: {len(found.labels)} classes, expected {_CLASSES}"
    both = "; ".join(filter(None, [warning, found.warning]))
    return dataclasses.replace(found, warning=both)
