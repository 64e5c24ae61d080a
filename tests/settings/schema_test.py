import dataclasses

import pytest

from ednas_tf.settings import resolve, schema


def leaves(config, path=()):
    """(path, value) of every setting that is no section."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            yield from leaves(value, (*path, field.name))
        else:
            yield (*path, field.name), value


LEAVES = dict(leaves(schema.Settings()))


def other(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, tuple):
        return (*value, "x")
    if isinstance(value, dict):
        return value | {"x": 1}
    return value + {int: 1, float: 0.01, str: "x"}[type(value)]


def changed(path):
    described = other(LEAVES[path])
    for name in reversed(path):
        described = {name: described}
    settings = schema.Settings()
    settings.override(described)
    return settings


def test_the_fingerprint_depends_on_all_settings_but_the_runtimes():
    found = {path: changed(path).fingerprint() for path in LEAVES}
    runtime = [path for path in LEAVES if path[0] == "runtime"]
    decisive = [path for path in LEAVES if path[0] != "runtime"]
    plain = schema.Settings().fingerprint()

    assert len(runtime) == 13
    assert {found[path] for path in runtime} == {plain}
    different = {found[path] for path in decisive} | {plain}
    assert len(different) == len(decisive) + 1
    assert ("search", "space", "ops") in decisive
    assert ("search", "searcher_settings") in decisive


def test_a_fingerprint_is_twelve_hexadecimal_digits():
    found = schema.Settings().fingerprint()
    assert len(found) == 12
    assert int(found, 16) >= 0


def test_settings_do_not_share_their_sections():
    one, other_one = schema.Settings(), schema.Settings()
    one.override({"train": {"network": {"cells": 5}}})
    assert other_one.train.network.cells == 20
    assert one.search.network.cells == 8


@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_every_default_is_a_valid_value(path):
    described = LEAVES[path]
    for name in reversed(path):
        described = {name: described}
    if described != {"search": {"space": {"ops": LEAVES[path]}}}:
        found = resolve.checked(schema.Settings, described, "here")
        assert found == described


def test_sizes_that_are_left_to_be_chosen():
    settings = schema.Settings()
    assert not schema.leaves_sizes(settings)
    settings.train.network.channels = 0
    assert schema.leaves_sizes(settings)
    schema.adopt_sizes(settings, schema.Settings())
    assert settings.train.network.channels == 36
    # Zero is a number elsewhere.
    settings.train.validation_images = settings.search.child_steps = 0
    assert not schema.leaves_sizes(settings)
