"""A person's own images, in a folder for each class."""

import hashlib
import json
import os

from ednas_tf import errors
from ednas_tf.data.images import (
    image_data,
    image_folders,
    image_sets,
    image_source,
)


@image_data.dataset_of_request("images")
def images(request: image_data.Request) -> image_data.ImageData:
    """JPEG and PNG files; `image_folders` says of which folders.

    Raises:
      RequestError: see `image_folders.read` and `image_sets.look`.
      RunError: see `image_sets.make`.
    """
    image_data.check_no_part(request)
    return of_folder(request, image_folders.TESTS)


def of_folder(
    request: image_data.Request, tests: tuple[str, ...]
) -> image_data.ImageData:
    """The data set of a folder; see `image_folders.read`."""
    if not request.data_dir:
        raise errors.RequestError(
            f"{request.name}: expected a folder of images, found none; give "
            "--data_dir, a folder with a folder of images for each class"
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
        image_sets.look(train, request),
        remark=found.remark and f"{request.name}: {found.remark}",
        files_fingerprint=digest,
    )
