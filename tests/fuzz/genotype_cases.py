"""Malformed genotypes: as text, and in what the text says."""

import json

from hypothesis import strategies as st

from tests.fuzz.harness import Case
from tests.fuzz.parts import (
    CODE,
    DIGITS,
    DRAW,
    EXPORT,
    GENOTYPE,
    RESULT,
    TEXTS,
    TRAIN,
    mutated,
)


def _with_genotype(content, command):
    if command == EXPORT:
        run = {
            "run/params.yaml": DIGITS,
            "run/result.json": RESULT,
            "run/genotype.json": content,
        }
        return Case(EXPORT, ("--model_dir={dir}/run",), run)
    flags = ("--genotype={dir}/mine.json",)
    if command == DRAW:
        flags += ("--output={dir}/cell.svg",)
    else:
        flags += ("--model_dir={dir}/run",)
    return Case(command, flags, {"mine.json": content})


TAKE_GENOTYPES = st.sampled_from([DRAW, DRAW, TRAIN, EXPORT])
#: Files that are no genotype as a whole.
NO_GENOTYPES = (
    *(b"", b"{}", b"[]", b"null", b"3", b'"x"', b"{", b"[" * 60000, b"NaN"),
    *(b'{"a":' * 10000, b"\xff", b"\xef\xbb\xbf{}", b"x" * 10**6, b"[1" * 900),
    *(GENOTYPE * 2, GENOTYPE[:-9], GENOTYPE.replace(b'"', b"'"), b"\0" * 9),
    *(GENOTYPE.decode().encode("utf-16"), b'{"version": 1}', CODE.encode()),
    b"1" * 5000,
    *(b"|", b"|none~0|", b"|" * 60000, b"|none~0|+" * 9000, b"|none~9|+|+|"),
    b"|sep_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|",
    b"[" * 900 + b"]" * 900,
    b'{"version": 1, "space": "convolutional", "cells": {}}',
    GENOTYPE.replace(b'"version": 1', b'"version": 1, "version": 1'),
    GENOTYPE.replace(b'"from": 0', b'"from": 0, "from": 0', 1),
    GENOTYPE.replace(b'"reduction"', b'"normal"'),
    GENOTYPE.replace(b'"space"', b'"version"'),
)


def genotype_bytes():
    """A genotype is no JSON, or its bytes are damaged."""
    content = st.sampled_from(NO_GENOTYPES) | mutated(GENOTYPE)
    return st.builds(_with_genotype, content, TAKE_GENOTYPES)


class _Raw(str):
    """JSON text that Python's encoder would not write."""


JSON_VALUES = st.one_of(
    st.sampled_from(
        [None, True, [], {}, "", "x", -1, 99, 0.0, 1.5, 10**30, float("nan")]
        + [float("inf"), "\ud800", "\0", "x" * 9999, [[]], {"from": 0}, "1"]
        + [[2, 3, 4], [2, 2], [0], [2.0], "sep_conv_3x", "none", [{}], 17]
        + [_Raw("1" * 5000), _Raw("-" + "9" * 390), _Raw("1e999"), _Raw("-0.0")]
        + [_Raw("[" * 900 + "]" * 900), _Raw('{"from": 0, "from": 1}')]
    ),
    st.integers(),
    st.floats(),
    st.text(max_size=10),
)


def _places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        keys = value if isinstance(value, dict) else range(len(value))
        for key in keys:
            yield from _places(value[key], (*path, key))


def spoilt(draw, parsed):
    """A genotype's JSON, a part being another, missing, new or repeated."""
    places = sorted(_places(parsed), key=str)
    *path, last = draw(st.sampled_from([p for p in places if p]))
    parent = parsed
    for key in path:
        parent = parent[key]
    raw = {}
    change = draw(st.sampled_from(["put", "put", "remove", "add", "repeat"]))
    if change == "remove":
        del parent[last]
    elif change == "repeat" and isinstance(parent, list):
        parent[last:last] = [parent[last]] * draw(st.sampled_from([1, 20]))
    else:
        value = draw(JSON_VALUES)
        if isinstance(value, _Raw):
            raw['"<raw>"'] = value
            value = "<raw>"
        if change == "put":
            parent[last] = value
        elif isinstance(parent, list):
            parent.insert(last, value)
        else:
            parent[draw(TEXTS | st.just("y" * 9999))] = value
    text = json.dumps(parsed)
    for placeholder, content in raw.items():
        text = text.replace(placeholder, content)
    return text.encode()


@st.composite
def genotype_structures(draw):
    """A genotype has a part that is another, missing, new or repeated."""
    content = spoilt(draw, json.loads(GENOTYPE))
    return _with_genotype(content, draw(TAKE_GENOTYPES))
