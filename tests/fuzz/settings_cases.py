"""Malformed settings: in files, and in --params_override."""

import dataclasses
import json

from hypothesis import strategies as st

from ednas_tf.settings import schema
from tests.fuzz.harness import Case
from tests.fuzz.parts import (
    CODE,
    DIGITS,
    GENOTYPE,
    LOOPS,
    SEARCH,
    TEXTS,
    TRAIN,
    misspelt,
    mutated,
)


def _leaves(config, path=()):
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            yield (*path, field.name), "section"
            yield from _leaves(value, (*path, field.name))
        else:
            yield (*path, field.name), type(value)


KINDS = dict(_leaves(schema.Settings()))
PATHS = st.sampled_from(sorted(KINDS))
NUMBERS = st.sampled_from(
    [p for p in sorted(KINDS) if KINDS[p] in (int, float)]
)
_LAUGHS = "\n".join(
    ["a0: &a0 [x, x]"]
    + [f"a{i + 1}: &a{i + 1} [*a{i}, *a{i}]" for i in range(60)]
)
_MERGES = "\n".join(
    ["a0: &a0 {x: 1}"]
    + [f"a{i + 1}: &a{i + 1} {{<<: [*a{i}, *a{i}]}}" for i in range(40)]
)
#: YAML values that fit no setting, or few.
VALUES = (
    *("", "~", "x", "'3'", "1.5", "true", "[]", "[1, [2]]", "{a: 1}", "-1"),
    *("-0.5", "1e999", "1e300", "-1e300", "10000001", "0x" + "f" * 8000),
    *("1" * 5000, "9" * 400, ".nan", ".inf", "-.inf", "'nan'", "'inf'"),
    *("2020-01-01", "2020-13-45", "1:30", "1" + ":00" * 300 + ".5", "0b_"),
    *("0o17", "1_000_", "'\\'", '"\\ud800"', '"\\0"', '"\\U00110000"', "''"),
    '"\\Uffffffff"',
    *(CODE, "!!timestamp x", "!!bool maybe", "!!int ''", "!!binary x"),
    *("!!set {a, b}", "!x y", "&a [*a]", "*a", "&a 1", "<<", "=", "? [a]"),
    *("[a, a]", "[[a]]", "[" * 400 + "]" * 400, "[" * 3000, "{a: " * 300),
    *("'" + "y" * 5000 + "'", "\t1", "1\n\t", "@x", "`x`", "%x", "| x", "a: b"),
    *("[a", "a]", "{a", "'a", '"a', "- a", "# x", "\u2028", "\x85", "\x1b[0m"),
)
SCALARS = st.one_of(
    st.integers().map(str),
    st.integers(10**6 + 1, 10**40).map(str),
    st.floats().map(str),
    st.text(max_size=20).map(json.dumps),
    st.sampled_from(VALUES),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda part: st.lists(part, max_size=3)
        | st.dictionaries(st.text(max_size=5), part, max_size=3),
        max_leaves=6,
    ).map(json.dumps),
)


def nested(path, value):
    return "".join(f"{{{name}: " for name in path) + value + "}" * len(path)


def configured(content, command=SEARCH, *more):
    files = {"mine.yaml": content, "genotype.json": GENOTYPE}
    flags = ["--config_file={dir}/mine.yaml", "--model_dir={dir}/run", *more]
    if command == TRAIN:
        flags.append("--genotype={dir}/genotype.json")
    return Case(command, tuple(flags), files)


@st.composite
def wrong_values(draw):
    """A setting in a file has a value that does not fit."""
    value = draw(SCALARS)
    path = draw(PATHS | NUMBERS)
    text = nested(path, value)
    if draw(st.booleans()):
        lines = [f"{'  ' * i}{name}:" for i, name in enumerate(path)]
        text = "\n".join(lines) + " " + value
    content = text.encode("utf-8", "surrogatepass")
    return configured(content, draw(LOOPS))


@st.composite
def wrong_names(draw):
    """A setting in a file is misspelt, stands elsewhere or is no name."""
    path = list(draw(PATHS))
    at = draw(st.integers(0, len(path) - 1))
    path[at] = draw(
        st.one_of(
            misspelt(path[at]),
            st.sampled_from(sorted({name for p in KINDS for name in p})),
            st.sampled_from(["1", "~", "true", "[a]", "{a: b}", "2020-01-01"]),
            st.sampled_from([".nan", "0x" + "f" * 9000, "? x", "<<", "*a"]),
            TEXTS.map(json.dumps),
        )
    )
    value = draw(st.sampled_from(["1", "0.5", "digits", "[a]"]))
    return configured(nested(path, value).encode(), draw(LOOPS))


#: Files that are no settings as a whole.
DOCUMENTS = (
    *(b"[search]", b"search", b"3", b"~x", b"---\na: 1\n---\nb: 2", b"- seed"),
    *(b"seed: 1\nseed: 2", b"{seed: 1, seed: 1}", b"\xff\xfe\xfa", b"\0"),
    *(b"\xef\xbb\xbfsed: 1", b"seed: \xc3\x28", "seed: 1".encode("utf-16")),
    *(b"[" * 20000, b"{a: " * 8000, b"a:\n" + b" a:\n" * 100, b"- " * 10000),
    *(b"x" * 30000, b"x" * 10**7, b"seed: " + b"1" * 30000, b"'" * 9999),
    *(b"seed: 1:" + b"59:" * 9000 + b"1", b"? " * 9000, b"a: &b " * 9),
    *(_LAUGHS.encode(), _MERGES.encode(), b"%YAML 9.9\n---\nseed: 1"),
    *(f"seed: {CODE}".encode(), f"{CODE}".encode(), f"? {CODE}".encode()),
    *(b"!!python/name:os.system", b"!!python/module:os {}", b"&a {b: *a}"),
    *(b"<<: {seed: 1}", b"search: {<<: [{epochs: 1}]}", b"seed: *seed"),
    *(b"search: &a {network: *a}", b"%TAG ! tag:yaml.org,2002:\n---\n!str x"),
)


def documents():
    """A file is no YAML, or YAML that asks for more than plain values."""
    content = st.sampled_from(DOCUMENTS) | mutated(DIGITS)
    return st.builds(configured, content, LOOPS)


@st.composite
def overrides(draw):
    """--params_override does not say a setting and a value that fits it."""
    name = ".".join(draw(PATHS))
    wrong = st.one_of(
        st.tuples(misspelt(name), st.just("=1")).map("".join),
        st.tuples(st.just(name + "="), SCALARS).map("".join),
        st.sampled_from(
            [name, name + "==1", "=" + name, "=", "=1", "." + name + "=1"]
            + [
                name + ".=1",
                name + ".x=1",
                name + "=[1,2",
                name + "=1]",
                "..=1",
            ]
            + [name + "=1,2", name + "=" + "[" * 2000, "[" + name + "=1", "a"]
            + ["x." * 1900 + "x=1", "seed=" + "x" * 10**5, "seed=1," * 10**4]
            + ["seed" + ".a" * 1900 + "=1", name + "=\n", "," + name, "é=1"]
            + [f"seed={CODE}", "seed=1" + "," * 10**5 + "x", ",]" * 1900]
        ),
        TEXTS.filter(lambda text: text.strip(", \t\n\r\x1b\x85\u2028\0")),
    )
    parts = draw(st.lists(wrong, min_size=1, max_size=2))
    if draw(st.booleans()):
        parts.insert(0, "seed=3")
    # No process can be given a null byte, or half a character.
    text = ",".join(parts).replace("\0", "\x01")
    text = text.encode("utf-8", "replace").decode()
    flags = (f"--params_override={text}", "--model_dir={dir}/run")
    if draw(st.booleans()):
        flags += ("--genotype={dir}/genotype.json",)
        return Case(TRAIN, flags, {"genotype.json": GENOTYPE})
    return Case(SEARCH, flags)
