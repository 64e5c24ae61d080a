"""Run directories that a stranger sends, with spoilt files in them."""

import functools
import io
import json
import pathlib
import struct
import tempfile
import zipfile

import hypothesis
import numpy as np
from hypothesis import strategies as st

from tests.analysis import histories, short_histories
from tests.fuzz.genotype_cases import NO_GENOTYPES, spoilt
from tests.fuzz.harness import FIFO, FOLDER, Case, Link
from tests.fuzz.parts import REPORT, RESULT, TEXTS, mutated
from tests.fuzz.settings_cases import DOCUMENTS

_EPOCHS = 3


@functools.cache
def small_run():
    """The files of a small search with a training, by their paths."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        histories.write(folder, histories.SMALL, _EPOCHS)
        found = {file.name: file.read_bytes() for file in folder.iterdir()}
    best = json.loads(found["genotype.json"])
    assert best["space"] == "convolutional"
    return found | {"train/result.json": RESULT}


def _case(**changed):
    """A report of the directory; None removes a file."""
    files = {
        f"run/{name}": content
        for name, content in (small_run() | changed).items()
        if content is not None
    }
    return Case(REPORT, ("--model_dir={dir}/run",), files)


def npz(arrays, compressed=True):
    written = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(written, **arrays)
    return written.getvalue()


#: Other values, types and shapes for an array.
_CHANGES = (
    lambda a: a.astype(object),
    lambda a: a.astype("U9"),
    lambda a: a.astype(np.complex64),
    lambda a: a.astype(bool),
    lambda a: a.astype(np.float16),
    lambda a: a.astype(np.int8),
    lambda a: a.astype(np.uint64),
    lambda a: a.astype("M8[s]"),
    lambda a: a.astype(np.dtype([("x", "f4"), ("y", "f4")])),
    lambda a: a * np.float32("nan"),
    lambda a: a + np.float32("inf"),
    lambda a: a * 0,
    lambda a: -a - 1,
    lambda a: a + 10**9,
    lambda a: a.astype(np.float64) * 1e300,
    lambda a: a[:0],
    lambda a: a[:1],
    lambda a: a[..., :0],
    lambda a: a[..., :-1],
    lambda a: a[..., None],
    lambda a: a.reshape(-1),
    lambda a: np.concatenate([a, a]),
    lambda a: np.float32(1),
    lambda a: np.zeros([]),
    lambda a: np.zeros([2] * 30, np.int8)[:0],
    lambda a: a.T,
    lambda a: np.full(np.shape(a), "x"),
)
_NAMES = (
    "",
    "x",
    "epoch/x",
    "probabilities/x",
    "../x",
    "a\nb",
    "n" * 5000,
    "/",
)


@st.composite
def arrays(draw):
    """policy.npz has an array that is another, missing or new."""
    with np.load(io.BytesIO(small_run()["policy.npz"])) as read:
        found = dict(read)
    name = draw(st.sampled_from(sorted(found)))
    change = draw(st.sampled_from(["change", "change", "remove", "add"]))
    if change == "change":
        try:
            found[name] = draw(st.sampled_from(_CHANGES))(found[name])
        except (TypeError, ValueError, IndexError, OverflowError):
            # Numbers cannot be added to names.
            hypothesis.reject()
    else:
        old = found.pop(name)
    if change == "add":
        found[name] = old
        more = draw(st.sampled_from(_NAMES) | TEXTS)
        found[more.replace("\0", "_") or "x"] = old
    return _case(**{"policy.npz": npz(found, draw(st.booleans()))})


def _with_member(name, content, **options):
    def spoil(saved):
        written = io.BytesIO(saved)
        with zipfile.ZipFile(written, "a", **options) as archive:
            archive.writestr(name, content)
        return written.getvalue()

    return spoil


def _with_byte(central, local, value):
    """Sets a byte of the headers of all members."""

    def spoil(saved):
        found = bytearray(saved)
        for mark, place in ((b"PK\1\2", central), (b"PK\3\4", local)):
            at = found.find(mark)
            while at >= 0:
                found[at + place] = value
                at = found.find(mark, at + 1)
        return bytes(found)

    return spoil


def _npy(text, count=0):
    """The beginning of an array file, with any header."""
    head = text.encode() + b" " * (64 - (len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + bytes(count)


_HEADER = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }"
_ARCHIVES = (
    *(_with_byte(8, 6, 1), _with_byte(10, 8, 99), _with_byte(10, 8, 12)),
    *(_with_byte(10, 8, 14), _with_byte(24, 22, 255), _with_byte(27, 25, 255)),
    _with_member("plain", "x"),
    _with_member("x.npy", "x"),
    _with_member("x.npy", b"\x93NUMPY\x09\0"),
    _with_member("x.npy", _npy(_HEADER % ("<f8", "(1000000000000,)"))),
    _with_member("x.npy", _npy(_HEADER % ("<f8", "(-1,)"))),
    _with_member("x.npy", _npy(_HEADER % ("|O", "(1,)"), 8)),
    _with_member("x.npy", _npy(_HEADER % ("<f8", "(" * 200), 8)),
    _with_member("x.npy", _npy("__import__('os').system('touch was_run')")),
    _with_member("epoch/rewards.npy", _npy(_HEADER % ("<f8", "(0,)"))),
    _with_member("x.npy", bytes(2**24), compression=zipfile.ZIP_DEFLATED),
    _with_member("x.npy", b"x", compression=zipfile.ZIP_BZIP2),
    *(lambda saved: saved[:-9], lambda saved: saved[9:], lambda saved: b""),
    *(lambda saved: saved * 2, lambda saved: b"\x93NUMPY" + saved),
)


@st.composite
def archives(draw):
    """policy.npz is another kind of archive, or none."""
    saved = small_run()["policy.npz"]
    content = draw(
        st.sampled_from(_ARCHIVES).map(lambda spoil: spoil(saved))
        | mutated(saved)
    )
    return _case(**{"policy.npz": content})


@st.composite
def run_files(draw):
    """Another file of the run is damaged, or is no file."""
    files = small_run()
    name = draw(st.sampled_from(sorted(files)))
    content = files[name]
    if name.endswith(".json") and draw(st.booleans()):
        return _case(**{name: spoilt(draw, json.loads(content))})
    others = [b"", b"\xff", b"\0" * 99, b"[" * 60000, b"9" * 5000, FIFO, FOLDER]
    others += [Link("/dev/zero"), Link("/dev/full"), Link(name), Link("none")]
    others += [b'"' + b"x" * 200_000, b"a,b\n" * 9, content * 2, content[:-9]]
    return _case(
        **{
            name: draw(
                st.sampled_from([*others, *DOCUMENTS, *NO_GENOTYPES])
                | mutated(content)
            )
        }
    )


@functools.cache
def short_run():
    """The files of a small search that decides by short trainings."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        short_histories.write_short(folder, histories.SMALL)
        return {file.name: file.read_bytes() for file in folder.iterdir()}


@st.composite
def short_files(draw):
    """The short trainings of a search, or its verdict, are damaged."""
    files = short_run()
    name = draw(st.sampled_from(["trainings.jsonl", "verdict.json"]))
    content = files[name]
    if draw(st.booleans()):
        lines = content.splitlines(keepends=True)
        if name == "verdict.json":
            lines = [content]
        place = draw(st.integers(0, len(lines) - 1))
        lines[place] = spoilt(draw, json.loads(lines[place])) + b"\n"
        spoiled = b"".join(lines)
    else:
        others = [b"", b"\xff", b"[" * 60000, b"9" * 5000, FIFO, FOLDER]
        others += [Link("/dev/zero"), Link("none"), content[:-9], content * 2]
        spoiled = draw(st.sampled_from(others) | mutated(content))
    changed = {f"run/{each}": value for each, value in files.items()}
    changed[f"run/{name}"] = spoiled
    return Case(REPORT, ("--model_dir={dir}/run",), changed)


@st.composite
def run_settings(draw):
    """params.yaml describes a space that cannot be, or is huge."""
    text = small_run()["params.yaml"].decode()
    old, new = draw(
        st.sampled_from(
            [
                *(("nodes: 2", f"nodes: {n}") for n in (-2, 0, 17, 10**6, 1e9)),
                *(
                    ("nodes: 2", f"nodes: {n}")
                    for n in ("x", "[2]", "9" * 4000)
                ),
                *(("epochs: 3", f"epochs: {n}") for n in (-1, 0, "9" * 4000)),
                *(
                    ("epochs: 3", f"epochs: {n}")
                    for n in ("{}", "null", ".nan")
                ),
                ("sep_conv_3x3", "skip_connect"),
                ("sep_conv_3x3", "'$x$ \\frac{'"),
                ("sep_conv_3x3", "n" * 5000),
                ("sep_conv_3x3", "none"),
                ("convolutional", "recurrent"),
                ("convolutional", "nothing"),
                ("searcher: ednas", "searcher: [x]"),
            ]
        )
    )
    changed = text.replace(old, new, draw(st.sampled_from([1, 9])))
    return _case(**{"params.yaml": changed.encode()})


@st.composite
def names(draw):
    """A directory, and one to compare it with, have odd names."""
    odd = st.sampled_from(
        ["$x$", "a_$5_$6", "$$\\frac{", "[1]", "a b", "l'été", '"q"', "\\"]
        + ["<b>&amp;", "\u202e", "\n", "~", "%s{x}", "--output", "n" * 255]
    ) | TEXTS.map(lambda text: text.replace("\0", "").replace("/", ""))
    files, found = {}, []
    for _ in range(2):
        name = draw(odd).strip(" .") or "run"
        if len(name.encode()) > 255 or name in found:
            hypothesis.reject()
        found.append(name)
        for file, content in small_run().items():
            files[f"{name}/{file}"] = content
    name, other = ("{dir}/" + name for name in found)
    typed = [f"--model_dir={name}"]
    if "," not in other and draw(st.booleans()):
        typed.append(f"--compare={other}")
    return Case(REPORT, tuple(typed), files)
