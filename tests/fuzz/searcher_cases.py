"""Malformed settings of searchers and of search spaces.

A searcher's own settings are checked by the class that it is registered with:
`toy` is such a searcher, with a setting of each kind.
"""

import dataclasses
import json

from hypothesis import strategies as st

from ednas_tf.searchers import registered
from ednas_tf.settings import fields
from ednas_tf.space import spaces
from tests.fuzz.harness import Case
from tests.fuzz.parts import SEARCH, TEXTS, misspelt
from tests.fuzz.settings_cases import SCALARS, configured, nested


@dataclasses.dataclass
class Settings(fields.Section):
    share: float = fields.number(0.5, above=0, at_most=1)
    size: int = fields.number(4, at_least=2)
    kind: str = fields.choice("young", "old")
    bold: bool = False
    names: tuple[str, ...] = ("a",)


NAMES = [field.name for field in dataclasses.fields(Settings)]


def register(monkeypatch):
    """Makes the searcher `toy` known for one test."""
    monkeypatch.setitem(registered._SETTINGS, "toy", Settings)
    known = registered._SEARCHERS._known
    monkeypatch.setitem(known, "toy", lambda *_: None)


def _asked(path, value, searcher="toy"):
    """A search with a file that gives one setting a value."""
    content = nested(path, value).encode("utf-8", "surrogatepass")
    return configured(content, SEARCH, f"--searcher={searcher}")


@st.composite
def searcher_settings(draw):
    """A searcher's own setting has a wrong value or a wrong name."""
    section = ["search", "searcher_settings"]
    name, value = draw(st.sampled_from(NAMES)), draw(SCALARS)
    wrong = draw(st.sampled_from(["value", "name", "section", "searcher"]))
    if wrong == "name":
        name = draw(misspelt(name) | TEXTS | st.just("population"))
        return _asked([*section, json.dumps(name)], "1")
    if wrong == "section":
        return _asked(section, value)
    if wrong == "searcher":
        # These two have no settings of their own.
        other = draw(st.sampled_from(["ednas", "random"]))
        return _asked([*section, name], value, other)
    return _asked([*section, name], value)


@st.composite
def names(draw):
    """The space or the searcher has a name that nothing is known by."""
    of_space = draw(st.booleans())
    known = spaces.names() if of_space else registered.names()
    name = draw(
        st.sampled_from(known).flatmap(misspelt)
        | st.sampled_from(["x", ".", "../ednas", "ednas.py", "recurrent", "é"])
        | TEXTS
    )
    if of_space:
        return _asked(["search", "space", "name"], json.dumps(name), "ednas")
    # No process can be given a null byte, or half a character.
    name = name.replace("\0", "\x01").encode("utf-8", "replace").decode()
    return Case(SEARCH, (f"--searcher={name}", "--model_dir={dir}/run"))
