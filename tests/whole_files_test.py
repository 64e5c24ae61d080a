import os
import pathlib

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
        f"{fifo}: cannot be read: not a plain file; give a text"
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


@pytest.mark.parametrize("text", ["a", "/a b/ä", " ", "x/" * 2047])
def test_valid_paths(text):
    assert whole_files.is_path(text)


@pytest.mark.parametrize("text", ["", "a\0b", "\udcff", "x" * 4096, "ä" * 2048])
def test_invalid_paths(text):
    assert not whole_files.is_path(text)


@pytest.mark.parametrize("name, fits", [("x" * 255, True), ("ä" * 128, False)])
def test_a_name_in_a_path_has_at_most_255_bytes(name, fits):
    assert whole_files.is_path(f"/a/{name}/b") == fits
    assert whole_files.is_text(name)


def test_a_tilde_is_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    assert whole_files.expanded("~") == "/home/ann"
    assert whole_files.expanded("~/a~/~b") == "/home/ann/a~/~b"
    for path in ("", "a/~/b", "./~", "~nobody_of_this_name/a"):
        assert whole_files.expanded(path) == path


def test_a_tilde_without_a_home_folder_is_refused(monkeypatch):
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(errors.RequestError) as raised:
        whole_files.expanded("~/a")
    assert str(raised.value) == (
        "'~/a': expected a path, found a ~ although the home folder is "
        "unknown; set HOME, or give a path without ~"
    )


@pytest.mark.parametrize("name", ["a[1]", "a*", "a?", "a\\b"])
def test_a_folder_whose_path_is_a_pattern_is_refused(
    name, tmp_path, monkeypatch
):
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.chdir(folder)
    for path in (folder / "run", pathlib.Path("run"), pathlib.Path()):
        with pytest.raises(errors.RequestError) as raised:
            whole_files.check_no_pattern(path, "--model_dir")
        assert str(raised.value) == (
            f"--model_dir: {folder / path}: expected a path without the "
            "characters * ? [ \\ because TensorFlow reads them as patterns; "
            "choose another --model_dir"
        )


@pytest.mark.parametrize(
    "name", ["l=0.1", "a b", "a,b", "{a}", "a]", "~", "ä'"]
)
def test_a_folder_with_another_name_is_not_refused(name, tmp_path):
    whole_files.check_no_pattern(tmp_path / name, "--model_dir")
