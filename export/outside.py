"""Runs an export as others do: in processes without this project."""

import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from ednas_tf import errors

#: Images that saved_model_cli is given.
NUM_CLI_IMAGES = 5
CLI = "saved_model_cli"


def run(
    saved_model: pathlib.Path, images: np.ndarray
) -> tuple[dict[str, np.ndarray], str]:
    """Runs every form of the model that there is.

    One process (`load_alone`) has neither Keras nor this project. Two more are
    TensorFlow's saved_model_cli, which shows the signatures and runs one.

    Args:
      saved_model: its directory.
      images: uint8 [n, height, width, channels].

    Returns:
      FORM/OUTPUT -> array, as `load_alone.main` writes them, saved_model_cli
      being one more form; and what saved_model_cli shows.

    Raises:
      RunError: a process ended otherwise than it should.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        np.save(folder / "images.npy", images)
        np.save(folder / "few.npy", images[:NUM_CLI_IMAGES])
        _, shown, _ = _run_all(_commands(saved_model, folder))
        with np.load(folder / "outputs.npz") as outputs:
            found = dict(outputs)
        for output in ("probabilities", "classes"):
            found[f"{CLI}/{output}"] = np.load(folder / f"{output}.npy")
    return found, shown


def _commands(saved_model, folder):
    script = pathlib.Path(__file__).with_name("load_alone.py")
    # Not resolved: a virtual environment's is a link.
    cli = pathlib.Path(sys.executable).with_name(CLI)
    of_model = ["--dir", saved_model, "--tag_set", "serve"]
    images, outputs = folder / "images.npy", folder / "outputs.npz"
    return {
        script.name: [sys.executable, script, saved_model, images, outputs],
        f"{CLI} show": [cli, "show", *of_model],
        f"{CLI} run": [
            *(cli, "run", *of_model, "--signature_def", "serving_default"),
            *("--inputs", f"images={folder / 'few.npy'}", "--outdir", folder),
        ],
    }


def _run_all(commands):
    """What the commands print, which run at the same time."""
    processes = {}
    try:
        for name, command in commands.items():
            processes[name] = subprocess.Popen(
                command,
                env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        printed = [process.communicate() for process in processes.values()]
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
    for (name, process), (_, said) in zip(
        processes.items(), printed, strict=True
    ):
        if process.returncode:
            last = (said.strip().splitlines() or ["no message"])[-1]
            raise errors.RunError(
                f"the export does not run in another process ({name}): "
                f"{errors.shortened(last, 300)}"
            )
    return [output for output, _ in printed]
