"""The user's own images, in one folder per class."""

import hashlib
import json
import os

from ednas_tf import errors
from ednas_tf.data import file_contents
from ednas_tf.data.images import (
    image_data,
    image_folders,
    image_sets,
    image_source,
)
from ednas_tf.data.inspection import traits


@image_data.dataset_of_request("images")
def images(request: image_data.DatasetRequest) -> image_data.ImageData:
    """JPEG and PNG files in folders; see `image_folders` for their layout.

    Raises:
      RequestError: see `image_folders.read` and `traits.inspect`.
      RunError: see `image_sets.make`.
    """
    image_data.check_no_suffix(request)
    return of_folder(request, image_folders.TESTS)


def of_folder(
    request: image_data.DatasetRequest, tests: tuple[str, ...]
) -> image_data.ImageData:
    """The data set in the requested folder; see `image_folders.read`."""
    if not request.data_dir:
        raise errors.RequestError(
            f"{request.name}: expected a folder of images, found none; give a "
            "folder that has one folder of images per class as --data_dir"
        )
    folder = os.path.abspath(request.data_dir)
    share = request.options.test_share
    found = image_folders.read(folder, request.name, share, tests)
    train, test = (
        image_source.Files(listed.files, listed.labels)
        for listed in (found.train, found.test)
    )
    names = [
        [os.path.relpath(file, folder) for file in listed.files]
        for listed in (found.train, found.test)
    ]
    digest = hashlib.sha256(json.dumps(names).encode()).hexdigest()[:12]
    return image_sets.make(
        request,
        train,
        test,
        found.classes,
        traits.inspect(train, request),
        found.warnings,
        files_fingerprint=digest,
        contents_fingerprint=file_contents.fingerprint(
            [*found.train.files, *found.test.files]
        ),
    )
