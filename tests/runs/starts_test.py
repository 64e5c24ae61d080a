import json
import os

import numpy
import pytest
import tensorflow

import ednas_tf
from ednas_tf import errors, whole_files
from ednas_tf.runs import starts
from tests import printed


def record(directory):
    starts.record(directory, whole_files.write, {"words": 3})
    return json.loads((directory / "starts.json").read_text())


def test_versions_of_everything():
    found = starts.versions()
    assert found["tensorflow"] == tensorflow.__version__
    assert found["numpy"] == numpy.__version__
    assert found["ednas_tf"] == ednas_tf.__version__
    assert len(found["source_digest"]) == 12
    assert set(found) == {
        *(
            "python",
            "ednas_tf",
            "source_digest",
            "tensorflow",
            "keras",
            "numpy",
        ),
        *("tensorflow-probability", "tensorflow-datasets"),
        "tf-models-official",
    }
    assert "not installed" not in found.values()


def test_every_start_is_listed(tmp_path, capsys):
    (first,) = record(tmp_path)
    assert record(tmp_path) == [
        first,
        first | {"time": record(tmp_path)[1]["time"]},
    ]
    assert first["pid"] == os.getpid()
    assert first["versions"] == starts.versions()
    assert len(first["devices"]) >= 1
    assert capsys.readouterr().err == ""


def test_changed_code_gives_a_warning_without_its_digest(
    tmp_path, capsys, monkeypatch
):
    record(tmp_path)
    newer = starts.versions() | {"source_digest": "55a02be45f85"}
    monkeypatch.setattr(starts, "versions", lambda: newer)
    record(tmp_path)
    assert printed.unbroken(capsys.readouterr().err) == (
        f"warning: {tmp_path}: the code of ednas_tf has changed since the last "
        "start; from here on, results may differ from those of a run without "
        "this change\n"
    )


def test_changed_versions_give_a_warning(tmp_path, capsys, monkeypatch):
    record(tmp_path)
    newer = starts.versions() | {"keras": "9.9", "numpy": "3.0"}
    old = starts.versions()
    monkeypatch.setattr(starts, "versions", lambda: newer)
    assert len(record(tmp_path)) == 2
    assert printed.unbroken(capsys.readouterr().err) == (
        f"warning: {tmp_path}: resumes with keras 9.9 (was {old['keras']}), "
        f"numpy 3.0 (was {old['numpy']}); from here on, results may differ "
        "from those of a run without this change\n"
    )
    record(tmp_path)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "content",
    [
        *("[{", "{}", '[{"versions": 1}]', "[1]", "[" * 100_000),
        *('[{"versions": {}, "time": 1}]', f"[{'9' * 4000}]", None),
    ],
    ids=lambda content: (content or "pipe")[:20],
)
def test_a_damaged_list_of_starts_is_refused_and_kept(tmp_path, content):
    """A new list would also forget the data that the run was begun with."""
    file = tmp_path / "starts.json"
    if content is None:
        os.mkfifo(file)
    else:
        file.write_text(content)
    for call in (record, starts.data):
        with pytest.raises(errors.RequestError, match=f"^{file}: "):
            call(tmp_path)
    assert content is None or file.read_text() == content


def test_checkpoints_without_a_record_of_the_data_are_refused(tmp_path):
    assert starts.data(tmp_path) == {}
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints/ckpt-1.index").write_text("")
    with pytest.raises(errors.RequestError, match="the record of the data"):
        starts.data(tmp_path)


def test_the_digest_covers_all_source_files(monkeypatch, tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(starts.ednas_tf, "__file__", package / "__init__.py")
    first = starts.versions()["source_digest"]
    assert starts.versions()["source_digest"] == first
    (package / "new.py").write_text("x = 1")
    assert starts.versions()["source_digest"] != first
