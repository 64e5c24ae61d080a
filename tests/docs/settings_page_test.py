"""The page of all settings, whose tables are made by a program."""

import dataclasses
import re

import pytest

import settings_page
from ednas_tf.settings import fields, schema
from tests.docs import pages


def rows():
    page = pages.text("docs/settings.md")
    found = re.findall(r"^\| `([\w.]+)` \|(.*)\|$", page, re.MULTILINE)
    assert len(found) == len(dict(found))
    return {name: re.split(r" \| ", row.strip()) for name, row in found}


def names(section, path=""):
    for field in dataclasses.fields(section):
        value = getattr(section, field.name)
        if isinstance(value, fields.Section):
            yield from names(value, f"{path}{field.name}.")
        else:
            yield path + field.name


def test_the_page_has_each_setting_once():
    assert sorted(rows()) == sorted(names(schema.Settings()))


def test_a_row_has_default_limits_and_meaning():
    found = rows()
    assert found["train.network.cells"][:2] == [
        "`20`",
        "at least 3, at most 100, or 0",
    ]
    assert found["policy.baseline_decay"][:2] == [
        "`0.99`",
        "at least 0, below 1",
    ]
    assert found["search.ties"][:2] == ["`smallest`", "`smallest`, `best`"]
    assert found["policy.perplexity_reward"] == [
        "`80.0`",
        "above 0",
        "c in the reward for text, c / perplexity.",
    ]


def test_the_tables_are_those_of_today():
    """If not: run `make settings-page`."""
    page = pages.text("docs/settings.md")
    assert settings_page.made(page) == page


def test_a_setting_without_a_description_is_an_error():
    @dataclasses.dataclass
    class Extra(fields.Section):
        """More.

        Attributes:
          one: the first.
        """

        one: int = fields.number(1)
        two: int = fields.number(2)

    with pytest.raises(ValueError, match="Extra: .* found none of two"):
        settings_page.descriptions(Extra)
