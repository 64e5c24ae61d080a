"""`find_text`: searches for a recurrent cell for a text."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping, Sequence

from ednas_tf import errors, whole_files
from ednas_tf.api import options, searching, store
from ednas_tf.api.found import Found
from ednas_tf.data.text import text_data
from ednas_tf.settings import own_folder

#: The name of the data set for a text of one's own.
_TEXT = "text"
#: The least number of lines that a text is divided into three parts by.
_FEWEST_LINES = 10


@errors.in_python
def find_text(
    text: str | os.PathLike,
    *,
    validation: str | os.PathLike | None = None,
    test: str | os.PathLike | None = None,
    hours: float | None = None,
    seed: int | None = None,
    model_dir: str | os.PathLike | None = None,
    config_file: str | os.PathLike | None = None,
    plugin: str | os.PathLike | Sequence[str] = (),
    data_dir: str | os.PathLike | None = None,
    data: Mapping[str, object] | None = None,
    search: Mapping[str, object] | None = None,
    policy: Mapping[str, object] | None = None,
    train: Mapping[str, object] | None = None,
    runtime: Mapping[str, object] | None = None,
    verbose: bool = True,
) -> Found:
    """Searches for a recurrent cell for a word-level language model.

    Args:
      text: the text itself, with a sentence in each line and spaces between
        words; or the path of a file with it; or of a folder with `train.txt`,
        `valid.txt` and `test.txt`; or the name of a data set, such as
        "penn_treebank".
      validation: the validation text, as text or a file. By default a tenth of
        the lines before those for the test; words of it that are missing in the
        training text are then read as `<unk>`.
      test: the test text, as text or a file. By default the last tenth of the
        lines.
      hours: see `ednas_tf.find`.
      seed: see `ednas_tf.find`.
      model_dir: see `ednas_tf.find`.
      config_file: see `ednas_tf.find`.
      plugin: see `ednas_tf.find`.
      data_dir: if `text` is the name of a data set, the folder of its files.
      data: see `ednas_tf.find`.
      search: see `ednas_tf.find`.
      policy: see `ednas_tf.find`.
      train: see `ednas_tf.find`.
      runtime: see `ednas_tf.find`.
      verbose: see `ednas_tf.find`.

    Returns:
      What was found.

    Raises:
      ValueError, RuntimeError, KeyboardInterrupt: see `ednas_tf.find`.
    """
    options.load_plugins(plugin)
    kept, name, folder = _given(text, validation, test)
    if kept is not None and (validation is None or test is None):
        data = {} if data is None else data
        if isinstance(data, dict):
            data = {"unknown_words": "unk"} | data
    sections = {
        "data": data,
        "search": search,
        "policy": policy,
        "train": train,
        "runtime": options.with_data(runtime, data_dir, None),
    }
    settings = options.resolved(
        "find_text",
        name,
        sections,
        config_file=config_file,
        hours=hours,
        seed=seed,
    )
    if folder or kept is not None:
        options.check_no_folder(settings, "text")
    if folder:
        settings.runtime.data_dir = folder
    if kept is None:
        own_folder.check(settings)
    return searching.run(settings, model_dir, verbose, kept)


def _given(
    text: object, validation: object, test: object
) -> tuple[store.Text | None, str, str]:
    """The text to keep, or None; the name of the data set; and its folder."""
    if isinstance(text, str) and text in text_data.names():
        name, folder = text, ""
    elif _exists(text) and _path(text).is_dir():
        name, folder = _TEXT, str(_path(text).absolute())
    else:
        return store.Text(_splits(text, validation, test)), _TEXT, ""
    for argument, value in (("validation", validation), ("test", test)):
        if value is not None:
            raise errors.RequestError(
                f"{argument}: expected none, because the data set {text} has "
                f"one, found another text; do not pass {argument}"
            )
    return None, name, folder


def _splits(text, validation, test):
    lines = _read(text, "text").splitlines()
    missing = [
        name
        for name, given in (("valid", validation), ("test", test))
        if given is None
    ]
    tenth = len(lines) // 10
    if missing and len(lines) < _FEWEST_LINES:
        raise errors.RequestError(
            f"text: expected at least {_FEWEST_LINES} lines to keep some for "
            f"validation and test, found {len(lines)} in "
            f"{errors.shown(text)}; give a longer text, the path of an "
            "existing file or folder, or the name of a data set (one of: "
            f"{', '.join(text_data.names())})"
        )
    found = {"valid": validation, "test": test}
    found = {
        name: _read(given, {"valid": "validation"}.get(name, name))
        for name, given in found.items()
        if given is not None
    }
    for name in reversed(missing):
        lines, found[name] = lines[:-tenth], _joined(lines[-tenth:])
    return {"train": _joined(lines), **found}


def _joined(lines):
    return "".join(f"{line}\n" for line in lines)


def _read(given, where):
    """The text that was given, or that is in the file that was given."""
    if _exists(given):
        return whole_files.read(_path(given), "a text file", 2**31)
    if isinstance(given, os.PathLike) or _looks_like_path(given):
        raise errors.RequestError(
            f"{where}: expected a text, or the path of an existing file, found "
            f"no such file: {errors.shown(os.fspath(given))}"
        )
    if isinstance(given, str) and given:
        return given
    raise errors.RequestError(
        f"{where}: expected a text, or the path of an existing file, found "
        f"{_kind(given)}"
    )


def _kind(given):
    """What was given, without the numbers of an array."""
    shape = getattr(given, "shape", None)
    if shape is None:
        return errors.shown(given)
    return f"{type(given).__name__} of the shape {list(shape)}"


def _looks_like_path(given):
    is_word = isinstance(given, str) and len(given.split()) == 1
    return is_word and (os.sep in given or given.strip().endswith(".txt"))


def _exists(given):
    is_path = isinstance(given, os.PathLike)
    if isinstance(given, str):
        is_path = "\n" not in given and whole_files.is_path(given)
    return is_path and _path(given).exists()


def _path(given):
    return pathlib.Path(whole_files.expanded(os.fspath(given)))
