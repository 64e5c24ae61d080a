import os

import pytest

from ednas_tf import errors, whole_files


def refusal(*args):
    with pytest.raises(errors.RequestError) as raised:
        whole_files.read(*args)
    return str(raised.value)


def test_a_file_is_read_to_its_last_byte(tmp_path):
    file = tmp_path / "file"
    file.write_bytes("\ufeffä\r\n".encode())
    assert whole_files.read(file, "a text", 7) == "ä\r\n"
    assert refusal(file, "a text", 6) == (
        f"{file}: cannot be read: more than 6 bytes; give a text"
    )


def test_devices_and_folders_are_not_opened(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert refusal(fifo, "a text") == (
        f"{fifo}: cannot be read: Invalid argument; give a text"
    )
    assert refusal(tmp_path, "a text") == (
        f"{tmp_path}: cannot be read: Is a directory; give a text"
    )


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"\xff")
    assert refusal(file, "a text") == (
        f"{file}: cannot be read: not UTF-8 text; give a text"
    )


@pytest.mark.parametrize("text", ["a", "/a b/ä", " ", "x" * 4095])
def test_valid_paths(text):
    assert whole_files.is_path(text)


@pytest.mark.parametrize("text", ["", "a\0b", "\udcff", "x" * 4096, "ä" * 2048])
def test_invalid_paths(text):
    assert not whole_files.is_path(text)
