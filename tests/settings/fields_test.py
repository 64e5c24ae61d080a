import dataclasses

import pytest

from ednas_tf.settings import fields


@dataclasses.dataclass
class Inner(fields.Section):
    size: int = fields.number(3, at_least=1)
    kind: str = fields.choice("small", "large")


@dataclasses.dataclass
class Outer(fields.Section):
    names: tuple[str, ...] = ("a", "b")
    inner: Inner = fields.section(Inner)
    more: dict[str, object] = fields.section(dict)


def test_sections_become_dictionaries_in_the_order_of_the_fields():
    found = Outer().as_dict()

    assert found == {
        "names": ("a", "b"),
        "inner": {"size": 3, "kind": "small"},
        "more": {},
    }
    assert list(found) == ["names", "inner", "more"]
    assert list(found["inner"]) == ["size", "kind"]


def test_the_dictionary_shares_nothing_with_the_settings():
    outer = Outer()
    outer.as_dict()["inner"]["size"] = 9
    assert outer.inner.size == 3


def test_only_the_named_settings_change():
    outer = Outer()
    inner = outer.inner

    outer.override({"names": ("c",), "inner": {"kind": "large"}})

    assert outer == Outer(names=("c",), inner=Inner(3, "large"))
    assert outer.inner is inner
    assert Outer().inner.kind == "small"


def test_a_dictionary_keeps_what_is_not_named():
    outer = Outer()

    outer.override({"more": {"a": 1, "b": 2}})
    outer.override({"more": {"b": 3}})

    assert outer.more == {"a": 1, "b": 3}
    assert Outer().more == {}


@pytest.mark.parametrize("changes", [{"name": 1}, {"inner": {"sizes": 1}}])
def test_an_unknown_setting_is_an_error(changes):
    with pytest.raises(KeyError, match="(Outer|Inner) has no setting "):
        Outer().override(changes)


def test_a_number_without_an_upper_limit_has_the_one_of_its_type():
    limits = {
        field.name: field.metadata
        for field in dataclasses.fields(
            dataclasses.make_dataclass(
                "Numbers",
                [
                    ("whole", int, fields.number(1)),
                    ("real", float, fields.number(1.0)),
                    ("share", float, fields.number(0.5, below=1)),
                ],
            )
        )
    }
    assert limits["whole"]["at_most"] == 10**6
    assert limits["real"]["at_most"] == 1e30
    assert limits["share"]["at_most"] is None
