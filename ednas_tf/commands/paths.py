"""Paths in flags."""

import os
import pathlib

from absl import flags

from ednas_tf import whole_files


class Path(flags.ArgumentParser):
    """Parses a flag that names a file or a folder."""

    syntactic_help = "a path"

    def parse(self, argument):
        if not whole_files.is_path(argument):
            raise ValueError(argument)
        return argument


def path(typed: str) -> pathlib.Path:
    """Resolves a typed path, also where Bazel has changed the directory."""
    return pathlib.Path(os.environ.get("BUILD_WORKING_DIRECTORY", ""), typed)
