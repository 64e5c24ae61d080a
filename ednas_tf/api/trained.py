"""A finished training: the object that `Found.train` returns."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import TYPE_CHECKING

from ednas_tf import children, errors, plugins
from ednas_tf.api import places
from ednas_tf.loops.train import results

if TYPE_CHECKING:
    import keras


class Trained:
    """A network that was trained from scratch and tested.

    `Found.train` returns it.

    Attributes:
      directory: the directory of the training, which the commands read.
      result: the result by name, such as "test_accuracy" and "parameters"; as
        `python -m ednas_tf.train` writes it to `result.json`.

    Raises:
      ValueError: there is no finished training in the directory.
    """

    def __init__(
        self,
        directory: pathlib.Path,
        export_dir: pathlib.Path,
        white: int = 255,
        kept: object = None,
    ):
        """Reads a training.

        Args:
          directory: the directory of the training.
          export_dir: the directory of exported versions, if no other is given.
          white: the number that stands for white in the images of the program:
            1 or 255.
          kept: anything that must live as long as this object.
        """
        self.directory = directory
        self.result = results.read_result(directory)
        self._export_dir, self._white, self._kept = export_dir, white, kept

    def __repr__(self) -> str:
        tested = {k: v for k, v in self.result.items() if k.startswith("test_")}
        return f"<ednas_tf.Trained: {tested}, in {str(self.directory)!r}>"

    @errors.in_python
    def build(self, **others: object) -> keras.Model:
        """Builds the trained network, with the weights that were tested.

        Args:
          **others: further arguments of `ednas_tf.build`, such as freeze=True.

        Returns:
          A model that maps images to probabilities of the classes.
        """
        import ednas_tf

        value_range = (0, self._white)
        return ednas_tf.build(
            **{"weights": self.directory, "value_range": value_range, **others}
        )

    @errors.in_python
    def export(
        self,
        export_dir: str | os.PathLike | None = None,
        *,
        litert: bool = False,
        onnx: bool = False,
    ) -> pathlib.Path:
        """See `Found.export`."""
        folder = self._export_dir
        if export_dir is not None:
            folder = places.of(export_dir, "export_dir").search
        before = _versions(folder)
        # In another process, as the check of an export needs one that has not
        # set up the devices yet.
        _run(
            "ednas_tf.export.saved_model",
            f"--model_dir={self.directory}",
            f"--export_dir={folder}",
            *(["--litert"] if litert else []),
            *(["--onnx"] if onnx else []),
            *(f"--plugin={each}" for each in plugins.requested()),
        )
        (made,) = _versions(folder) - before
        return folder / str(made)


def _versions(folder):
    if not folder.is_dir():
        return set()
    return {int(f.name) for f in folder.iterdir() if f.name.isdecimal()}


def _run(module: str, *arguments: str) -> None:
    """Runs a command in another process, and prints what it prints.

    Raises:
      RequestError, RunError: the command ended with an error.
    """
    package = pathlib.Path(__file__).resolve().parents[2]
    paths = [str(package), os.environ.get("PYTHONPATH", "")]
    process = subprocess.Popen(
        children.tied([sys.executable, "-m", module, *arguments]),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A stage names no command that comes next.
        env=children.of_whole_run()
        | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )
    reason = f"{module} ended without a reason"
    try:
        for line in process.stdout:
            if line.startswith("error: "):
                reason = line.removeprefix("error: ").strip()
            else:
                print(line, end="")
        status = process.wait()
    finally:
        process.kill()
        process.stdout.close()
    if status:
        kind = errors.RequestError if status == 2 else errors.RunError
        raise kind(reason)
