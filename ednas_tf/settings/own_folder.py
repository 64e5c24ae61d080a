"""The data sets whose data are always in a folder of one's own."""

import os

from ednas_tf import errors
from ednas_tf.settings import schema

_NAMES = ("arrays", "images", "text")


def check(settings: schema.Settings) -> None:
    """Raises `RequestError` if the folder that a data set needs is missing."""
    name, given = settings.data.name, settings.runtime.data_dir
    if name not in _NAMES or os.path.isdir(given):
        return
    found = f"no folder {errors.shown(given)}" if given else "none"
    raise errors.RequestError(
        f"--data_dir: expected the folder of the data set {name}, found "
        f"{found}; give the folder that holds your data"
    )
