"""Makes the tables of docs/settings.md: run `make settings-page`.

What follows the mark in that page are tables of all settings, made from the
classes of `ednas_tf/settings/` and their docstrings.
"""

import dataclasses
import inspect
import pathlib
import re
from collections.abc import Iterator

from ednas_tf.settings import fields, schema

PAGE = pathlib.Path(__file__).parent / "docs/settings.md"
_MARK = "<!-- `make settings-page` writes what follows. -->"
_LIMITS = {"at_least": "at least", "above": "above", "below": "below"}


def made(page: str) -> str:
    """The page with today's tables."""
    text, mark, _ = page.partition(_MARK)
    return f"{text}{mark}\n\n{tables()}\n"


def tables() -> str:
    """A heading, a sentence and a table for each section of the settings."""
    return "\n\n".join(_tables(schema.Settings(), ""))


def _tables(section, path) -> Iterator[str]:
    described = descriptions(type(section))
    summary = inspect.getdoc(type(section)).split("\n\n")[0]
    inner = []
    rows = ["| setting | default | limits | what it sets |", "|---" * 4 + "|"]
    for field in dataclasses.fields(section):
        value, name = getattr(section, field.name), path + field.name
        if isinstance(value, fields.Section):
            inner.append((value, f"{name}."))
        else:
            shown = _escaped(described[field.name])
            rows.append(
                f"| `{name}` | {_default(value)} | {_limits(field.metadata)} "
                f"| {shown} |"
            )
    title = f"`{path.removesuffix('.')}`" if path else "Of the whole run"
    yield f"## {title}\n\n{summary}\n\n" + "\n".join(rows)
    for each in inner:
        yield from _tables(*each)


def descriptions(section: type) -> dict[str, str]:
    """What the docstring of a section says about each setting.

    Raises:
      ValueError: it leaves a setting out.
    """
    text = inspect.getdoc(section).partition("Attributes:\n")[2]
    found = {}
    for item in re.split(r"^  (?=\w)", text, flags=re.MULTILINE)[1:]:
        names, _, meaning = item.partition(":")
        for name in names.split(", "):
            found[name] = " ".join(meaning.split())
    missing = {field.name for field in dataclasses.fields(section)} - set(found)
    if missing:
        raise ValueError(
            f"{section.__name__}: expected a description of each setting in "
            f"its docstring, found none of {', '.join(sorted(missing))}"
        )
    return found


def _default(value):
    if isinstance(value, tuple | dict):
        value = "none"
    elif isinstance(value, bool):
        value = str(value).lower()
    return "empty" if value == "" else f"`{value}`"


def _limits(metadata):
    names = metadata.get("choices", ())
    if "names" in metadata:
        names = metadata["names"]()
    if names:
        return ", ".join(f"`{name}`" for name in names)
    found = [
        f"{words} {metadata[name]:,}"
        for name, words in (*_LIMITS.items(), ("at_most", "at most"))
        if metadata.get(name) is not None and metadata[name] < 1e30
    ]
    return ", ".join(found) + (", or 0" if metadata.get("or_zero") else "")


def _escaped(text):
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


if __name__ == "__main__":
    PAGE.write_text(made(PAGE.read_text()))
