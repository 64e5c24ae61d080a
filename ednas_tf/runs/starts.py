"""Records the starts of a run: the time, the host and the versions used."""

import hashlib
import importlib.metadata
import json
import os
import pathlib
import platform
import socket
import time

import ednas_tf
from ednas_tf import errors, whole_files
from ednas_tf.lazy import tf
from ednas_tf.runs.names import CHECKPOINTS_FOLDER, STARTS_FILE

#: What readers of a start rely on.
_FIELDS = {"time": str, "host": str, "versions": dict, "data": dict}
_MOST_BYTES = 2**25
#: The version of the code itself, which tells a person nothing.
_DIGEST = "source_digest"
#: Packages whose version can change a result.
_DISTRIBUTIONS = (
    *("tensorflow", "keras", "numpy", "tensorflow-probability"),
    *("tensorflow-datasets", "tf-models-official"),
)


def versions() -> dict[str, str]:
    """The versions of Python and all packages, and `source_digest()`."""
    found = {
        "python": platform.python_version(),
        "ednas_tf": ednas_tf.__version__,
        _DIGEST: source_digest(),
    }
    for name in _DISTRIBUTIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def source_digest() -> str:
    """A hash of the source files of ednas_tf, twelve hexadecimal digits."""
    digest = hashlib.sha256()
    folder = pathlib.Path(ednas_tf.__file__).parent
    for file in sorted(folder.rglob("*.py")):
        digest.update(f"{file.relative_to(folder)}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def data(directory: pathlib.Path) -> dict[str, object]:
    """The record of the data from the first start of a run.

    It is empty before the first start.

    Raises:
      RequestError: the file is damaged or was lost.
    """
    file = directory / STARTS_FILE
    before = read(file)
    if not before and any((directory / CHECKPOINTS_FOLDER).glob("*.index")):
        raise errors.RequestError(
            f"{file}: expected the record of the data beside checkpoints, "
            "found no such file; restore it, or choose another --model_dir"
        )
    return before[0].get("data", {}) if before else {}


def written_by(directory: pathlib.Path) -> str:
    """The version of ednas_tf that last wrote to a run directory.

    Versions before 0.1.0 are identified by twelve hexadecimal digits.
    """
    before = read(directory / STARTS_FILE)
    return str(before[-1]["versions"].get("ednas_tf")) if before else "unknown"


def record(
    directory: pathlib.Path,
    write,
    data: dict[str, object],
    computes: bool = True,
) -> None:
    """Adds this start to the file and warns if versions have changed.

    Args:
      directory: the run directory.
      write: (file, content) -> None, replaces the file.
      data: the record of the data, as in a result.
      computes: whether this start computes anything: without, it warns of
        nothing.
    """
    file = directory / STARTS_FILE
    now = versions()
    before = read(file)
    if before and computes:
        _compare(directory, before[-1]["versions"], now)
    start = {
        "time": time.strftime("%Y-%m-%d %H:%M:%S %Z"),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "devices": [
            tf.config.experimental.get_device_details(device).get(
                "device_name", platform.processor() or platform.machine()
            )
            for device in tf.config.list_physical_devices("GPU")
            or tf.config.list_physical_devices("CPU")
        ],
        "versions": now,
        "data": data,
    }
    write(file, (json.dumps([*before, start], indent=2) + "\n").encode())


def read(file: pathlib.Path) -> list[dict[str, object]]:
    """The starts of a run, the first one first; none if there is no file.

    Raises:
      RequestError: the file is damaged.
    """
    if not os.path.lexists(file):
        return []
    wanted = "an undamaged copy"
    found = whole_files.read_json(file, wanted, _MOST_BYTES)
    if not isinstance(found, list) or not all(map(_is_start, found)):
        raise errors.RequestError(
            f"{file}: expected the starts of a run, found "
            f"{errors.shown(found)}; give {wanted}"
        )
    return found


def _is_start(found):
    # An older version kept no record of the data.
    return (
        isinstance(found, dict)
        and "versions" in found
        and all(
            isinstance(found.get(name, kind()), kind)
            for name, kind in _FIELDS.items()
        )
    )


def _compare(directory, before, now):
    differences = [
        f"{name} {version} (was {before.get(name)})"
        for name, version in now.items()
        if before.get(name) != version and name != _DIGEST
    ]
    changed = []
    if differences:
        changed.append(f"resumes with {', '.join(differences)}")
    if before.get(_DIGEST) != now[_DIGEST]:
        changed.append("the code of ednas_tf has changed since the last start")
    if changed:
        errors.warn(
            f"{directory}: {'; '.join(changed)}; from here on, results may "
            "differ from those of a run without this change"
        )
