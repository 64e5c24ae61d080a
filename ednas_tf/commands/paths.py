"""Paths in flags."""

import os
import pathlib

from absl import flags

from ednas_tf import whole_files


class Path(flags.ArgumentParser):
    """Parses a flag that names a file or a folder."""

    syntactic_help = (
        f"a path whose names have at most {whole_files.LONGEST_NAME} bytes"
    )

    def parse(self, argument):
        if not whole_files.is_path(argument):
            raise ValueError(argument)
        return argument


def path(typed: str) -> pathlib.Path:
    """Resolves a typed path, also where Bazel has changed the directory.

    Raises:
      RequestError: see `whole_files.expanded`.
    """
    folder = os.environ.get("BUILD_WORKING_DIRECTORY", "")
    return pathlib.Path(folder, whole_files.expanded(typed))


def directory(typed: str, flag: str) -> pathlib.Path:
    """Like `path`, for a folder in which TensorFlow keeps files.

    Args:
      typed: the path.
      flag: the flag that names it, for the error.

    Raises:
      RequestError: see `whole_files.check_no_pattern`.
    """
    result = path(typed)
    whole_files.check_no_pattern(result, flag)
    return result
