import os

import pytest

from ednas_tf import errors
from ednas_tf.client import client_images

PNG, JPEG = b"\x89PNG\r\n\x1a\n" + b"x" * 92, b"\xff\xd8\xff" + b"y" * 97


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("b.JPG", "a.jpeg", "a,b.jpg", "sub/c.jpg"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(JPEG)
    (tmp_path / "d").write_bytes(PNG)
    (tmp_path / "notes.txt").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "nothing.png").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BUILD_WORKING_DIRECTORY", raising=False)
    return tmp_path


def names(*typed):
    return [str(file) for file in client_images.files(list(typed))]


def refusal(*typed):
    with pytest.raises(errors.RequestError) as caught:
        client_images.files(list(typed))
    return str(caught.value)


def test_files_and_folders_keep_the_given_order(folder):
    (folder / "nothing.png").rmdir()
    everything = ["a,b.jpg", "a.jpeg", "b.JPG"]
    # In folders, names decide which files are images; otherwise first bytes do.
    assert names(".") == everything
    assert names("d,b.JPG", "sub", "a,b.jpg") == [
        *("d", "b.JPG", "sub/c.jpg", "a,b.jpg"),
    ]
    assert names(str(folder)) == [str(folder / name) for name in everything]


def test_files_that_are_not_images_are_refused(folder):
    (folder / "void.png").write_bytes(b"")
    (folder / "gif.png").write_bytes(b"GIF89a" + b"x" * 99)
    os.mkfifo(folder / "pipe.png")
    give = "; give a JPEG or PNG file"
    for name, message in {
        "none.png": f"cannot be read: No such file or directory{give}",
        "pipe.png": f"cannot be read: not a plain file{give}",
        "/dev/zero": f"cannot be read: not a plain file{give}",
        "void.png": "expected a JPEG or PNG image, found an empty file; "
        "convert it, or give another file",
        "gif.png": "expected a JPEG or PNG image, found GIF; convert it, or "
        "give another file",
    }.items():
        assert refusal(f"d,{name}") == f"{name}: {message}"
    # A folder may contain a folder with the name of an image.
    assert refusal(".") in (
        "gif.png: expected a JPEG or PNG image, found GIF; convert it, or give "
        "another file",
        f"nothing.png: cannot be read: Is a directory{give}",
    )


def test_folders_and_lists_without_images_are_refused(folder):
    assert refusal("empty") == (
        "empty: expected files named .jpg, .jpeg, .png in the folder, found "
        "none"
    )
    assert refusal() == (
        "--images: expected JPEG or PNG files or folders of them, found none"
    )
    expected = "--images: expected a path whose names have at most 255 bytes, "
    assert refusal("d,") == f"{expected}found ''"
    assert refusal("a\0b") == f"{expected}found 'a\\x00b'"


def test_a_changed_file_is_checked_again(folder):
    (file,) = client_images.files(["d"])
    assert client_images.read(file) == PNG
    file.write_bytes(b"other")
    with pytest.raises(errors.RequestError, match="found b'other'"):
        client_images.read(file)


def test_batches(folder, monkeypatch):
    files = client_images.files(["d,b.JPG,a.jpeg"])
    batches = client_images.batches(files, 2)
    assert [[file.name for file in each] for each in batches] == [
        ["d", "b.JPG"],
        ["a.jpeg"],
    ]
    # Each file has 100 bytes.
    monkeypatch.setattr(client_images, "MOST_BYTES", 200)
    assert client_images.batches(files, 2) == batches
    with pytest.raises(errors.RequestError) as caught:
        client_images.batches(files, 3)
    assert str(caught.value) == (
        "d: expected at most 200 bytes in a batch of 3 images, found 300; give "
        "a smaller --batch_size or smaller images"
    )


def test_a_folder_of_folders_of_classes_stands_for_all_of_them(folder):
    for name in ("test/dog/b.png", "test/cat/a.png"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(PNG)
    (folder / "test/notes.txt").write_text("")
    assert names("test") == ["test/cat/a.png", "test/dog/b.png"]
