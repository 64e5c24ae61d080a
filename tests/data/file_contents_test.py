import hashlib

from ednas_tf.data import file_contents


def _files(folder, *contents):
    files = [folder / str(i) for i in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)
    return [str(file) for file in files]


def test_sizes_and_contents_count(tmp_path):
    files = _files(tmp_path, b"ab", b"c")
    expected = hashlib.sha256(b"[2, 1, 0]" + b"abc").hexdigest()[:12]
    found = file_contents.fingerprint([*files, str(tmp_path / "missing")])
    assert found == expected


def test_of_many_bytes_some_files_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(file_contents, "MOST_BYTES", 4)
    # 9 bytes are more than twice 4: every third file is read.
    files = _files(tmp_path, b"abc", b"def", b"ghi")
    before = file_contents.fingerprint(files)
    assert before == hashlib.sha256(b"[3, 3, 3]" + b"abc").hexdigest()[:12]
    _files(tmp_path, b"abc", b"xyz", b"ghi")
    assert file_contents.fingerprint(files) == before
    _files(tmp_path, b"xyz", b"def", b"ghi")
    assert file_contents.fingerprint(files) != before
