import io
import os
import struct
import zipfile

import numpy as np
import pytest

from ednas_tf import array_files

GOOD = {"a/b": np.arange(6.0).reshape(2, 3), "c": np.int8([1]), "d": np.pi}


def packed(**arrays):
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def member(name, content, **options):
    """A zip file with one member."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", **options) as archive:
        archive.writestr(name, content)
    return made.getvalue()


def header(shape, descr="<f8"):
    """An array's header without an array."""
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}"
    line = text.encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(line)) + line


def marked(content, at, local, value):
    """Changes a byte of both records of each member of a zip file."""
    changed = bytearray(content)
    for mark, place in ((b"PK\1\2", at), (b"PK\3\4", local)):
        changed[changed.index(mark) + place] = value
    return bytes(changed)


NPY = io.BytesIO()
np.save(NPY, np.zeros(3))
BAD = {
    "no zip": b"PK",
    "npy": NPY.getvalue(),
    "encrypted": marked(packed(c=np.zeros(3)), 8, 6, 1),
    "unknown compression": marked(packed(c=np.zeros(3)), 10, 8, 99),
    "bzip2": member("c.npy", NPY.getvalue(), compression=zipfile.ZIP_BZIP2),
    "no array": member("c", b"x"),
    "no header": member("c.npy", b"x"),
    "8 terabytes": member("c.npy", header((10**12,))),
    "negative": member("c.npy", header((-1, -1)) + b"x" * 8),
    "deep": member("c.npy", header("(" * 5000)),
    "objects": packed(c=np.array([{}], object)),
    "cut": packed(c=np.zeros(300))[:-90],
}


def test_arrays_of_numbers_are_read(tmp_path):
    (tmp_path / "a.npz").write_bytes(packed(**GOOD))
    found = array_files.read(tmp_path / "a.npz")
    assert found.keys() == GOOD.keys()
    for name, array in GOOD.items():
        np.testing.assert_array_equal(found[name], array)


def test_only_what_the_check_names_is_read(tmp_path):
    (tmp_path / "a.npz").write_bytes(packed(**GOOD))

    def check(headers):
        assert headers["a/b"].shape == (2, 3) and headers["d"].ndim == 0
        return ["c"]

    assert array_files.read(tmp_path / "a.npz", check).keys() == {"c"}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_anything_else_is_a_value_error(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError) as raised:
        array_files.read(tmp_path / "a.npz")
    assert "\n" not in str(raised.value)


def test_neither_pipes_nor_folders_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "none", "."):
        with pytest.raises(ValueError):
            array_files.read(tmp_path / name)
