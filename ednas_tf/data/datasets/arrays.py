"""Images in NumPy's files, such as those that `ednas_tf.find` was given."""

import pathlib

from ednas_tf import errors
from ednas_tf.data.images import array_folder, image_data, image_sets


@image_data.dataset_of_request("arrays")
def arrays(request: image_data.DatasetRequest) -> image_data.ImageData:
    """The arrays in a folder; see `array_folder` for its files.

    Raises:
      RequestError: no folder is given, or see `array_folder.read`.
    """
    image_data.check_no_suffix(request)
    if not request.data_dir:
        raise errors.RequestError(
            "arrays: expected --data_dir, a folder with "
            f"{array_folder.INDEX} and arrays in NumPy's files, found none"
        )
    found = array_folder.read(pathlib.Path(request.data_dir).absolute())
    return image_sets.in_memory(
        request,
        found.train,
        found.test,
        found.classes,
        validation=found.validation,
        files_fingerprint=found.digest,
    )
