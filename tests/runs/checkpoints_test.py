import os
import pathlib

import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.runs import checkpoints
from ednas_tf.runs.checkpoints import Checkpoints
from tests import printed


@pytest.fixture
def run(tmp_path):
    """A run with checkpoints of the steps 1, 5 and 10 that hold the step."""
    value = tf.Variable([0.0] * 1000)
    saved = Checkpoints(tf.train.Checkpoint(value=value), tmp_path, 3)
    for step in (1, 5, 10):
        value.assign([step] * 1000)
        saved.save(step)
    return tmp_path


def restored(directory, kept=3):
    """The checkpoints and the value that a new process restores."""
    value = tf.Variable([-1.0] * 1000)
    found = Checkpoints(tf.train.Checkpoint(value=value), directory, kept)
    found.restore_or_initialize()
    return found, float(value[0])


def files(directory, pattern="*"):
    folder = directory / "checkpoints"
    return sorted(file.name for file in folder.glob(pattern))


def data(directory, step):
    return directory / f"checkpoints/ckpt-{step}.data-00000-of-00001"


def index(directory, step):
    return directory / f"checkpoints/ckpt-{step}.index"


def flip(file, at):
    content = bytearray(file.read_bytes())
    content[at] ^= 0x10
    file.write_bytes(content)


def test_a_directory_without_checkpoints(tmp_path):
    assert restored(tmp_path)[1] == -1
    assert checkpoints.newest(tmp_path) is None


def test_the_last_checkpoint_is_restored(run, capsys):
    assert restored(run)[1] == 10
    assert capsys.readouterr().err == ""
    assert pathlib.Path(checkpoints.newest(run)).name == "ckpt-10"


@pytest.mark.parametrize(
    "damage",
    [
        lambda run: data(run, 10).write_bytes(b""),
        lambda run: os.truncate(data(run, 10), 2000),
        lambda run: data(run, 10).unlink(),
        lambda run: flip(data(run, 10), 1234),
        lambda run: os.truncate(index(run, 10), 40),
        lambda run: index(run, 10).write_bytes(b""),
    ],
    ids=[
        "empty",
        "truncated",
        "missing",
        "flipped",
        "index truncated",
        "index empty",
    ],
)
def test_a_damaged_checkpoint_is_skipped(run, capsys, damage):
    damage(run)
    found, value = restored(run)

    assert value == 5
    assert printed.unbroken(capsys.readouterr().err) == (
        f"warning: {run / 'checkpoints'}: ckpt-10 cannot be read; the run "
        "resumes from ckpt-5\n"
    )
    assert [name[-6:] for name in found.checkpoints] == ["ckpt-1", "ckpt-5"]


@pytest.mark.parametrize("part", [data, index], ids=["data", "index"])
def test_no_flipped_bit_goes_unnoticed(run, part):
    size = part(run, 10).stat().st_size
    for at in range(0, size, max(1, size // 60)):
        flip(part(run, 10), at)
        # Some parts of the index do not affect what is read.
        assert restored(run)[1] == 5 or part is index and restored(run)[1] == 10
        flip(part(run, 10), at)
    assert restored(run)[1] == 10


@pytest.mark.parametrize("part", [index, data])
def test_what_is_no_plain_file_is_not_opened(run, part):
    part(run, 10).unlink()
    os.mkfifo(part(run, 10))
    part(run, 5).unlink()
    part(run, 5).symlink_to("/dev/zero")
    assert restored(run)[1] == 1


def test_a_list_without_checkpoints_is_not_opened(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    os.mkfifo(tmp_path / "checkpoints/checkpoint")
    assert restored(tmp_path)[1] == -1


def test_two_damaged_checkpoints_are_skipped(run, capsys):
    for step in (5, 10):
        flip(data(run, step), 3)
    assert restored(run)[1] == 1
    assert "ckpt-10, ckpt-5 cannot be read" in printed.unbroken(
        capsys.readouterr().err
    )


def test_damaged_checkpoints_are_not_overwritten(run):
    for step in (1, 5, 10):
        flip(data(run, step), 3)
    before = files(run)
    with pytest.raises(errors.RunError, match="found only damaged ones"):
        restored(run)
    assert files(run) == before


@pytest.mark.parametrize("content", [None, b"", b"\xff" * 99, b'a: "b"'])
def test_tensorflows_own_list_is_not_needed(run, content):
    file = run / "checkpoints/checkpoint"
    file.unlink() if content is None else file.write_bytes(content)
    found, value = restored(run)
    assert value == 10
    assert len(found.checkpoints) == 3


def test_old_checkpoints_are_deleted_after_a_new_start_too(run):
    found, _ = restored(run, kept=2)
    found.save(15)
    assert files(run, "*.index") == ["ckpt-10.index", "ckpt-15.index"]


def test_what_a_killed_process_left_is_removed(run):
    left = run / "checkpoints/ckpt-11_temp"
    left.mkdir()
    (left / "part-00000-of-00001.data-00000-of-00001").write_bytes(b"half")
    assert restored(run)[1] == 10
    assert not left.exists()


def test_an_unfinished_first_checkpoint_is_removed(tmp_path, capsys):
    # A process killed while it writes the index leaves this behind.
    folder = tmp_path / "checkpoints"
    (folder / "ckpt-7_temp").mkdir(parents=True)
    (folder / "ckpt-7.data-00000-of-00001").write_bytes(b"all of it")
    (folder / "ckpt-7.index").write_bytes(b"")
    found, value = restored(tmp_path)
    assert value == -1
    assert capsys.readouterr().err == ""
    assert files(tmp_path) == []
    found.save(7)
    assert restored(tmp_path)[1] == -1
    assert "ckpt-7.index" in files(tmp_path)


def test_an_unfinished_later_checkpoint_is_skipped(run, capsys):
    (run / "checkpoints/ckpt-10_temp").mkdir()
    os.truncate(index(run, 10), 10)
    assert restored(run)[1] == 5
    assert capsys.readouterr().err == ""
    assert not index(run, 10).exists()


def test_a_checkpoint_whose_temporary_folder_remains_is_used(run):
    (run / "checkpoints/ckpt-10_temp").mkdir()
    assert restored(run)[1] == 10
    assert "ckpt-10_temp" not in files(run)


def test_useless_files_are_removed_and_others_are_kept(run):
    folder = run / "checkpoints"
    index(run, 1).unlink()
    for name in ("checkpoint.tmp123", ".checkpoint.77"):
        (folder / name).write_bytes(b"")
    for name in ("ckpt-10.bak.index", "ckpt-best.index", "notes.txt"):
        (folder / name).write_bytes(b"mine")
    assert restored(run)[1] == 10
    assert files(run) == [
        "checkpoint",
        "ckpt-10.bak.index",
        "ckpt-10.data-00000-of-00001",
        "ckpt-10.index",
        "ckpt-5.data-00000-of-00001",
        "ckpt-5.index",
        "ckpt-best.index",
        "notes.txt",
    ]


def test_a_checkpoint_survives_if_its_list_cannot_be_written(run, monkeypatch):
    found, _ = restored(run, kept=1)

    def fail():
        raise tf.errors.ResourceExhaustedError(None, None, "No space left")

    monkeypatch.setattr(found, "_record_state", fail)
    with pytest.raises(errors.RunError) as raised:
        found.save(15)
    assert "step 15 cannot be written: No space left; " in str(raised.value)
    assert restored(run)[1] == 10
    assert "ckpt-15.index" in files(run)


def test_variables_of_another_run_are_refused(run):
    other = Checkpoints(
        tf.train.Checkpoint(value=tf.Variable([0.0, 1.0])), run, 3
    )
    with pytest.raises(errors.RunError) as raised:
        other.restore_or_initialize()
    assert str(raised.value).startswith(
        f"{run}/checkpoints/ckpt-10: expected the variables of this run, found "
    )


def test_a_process_that_only_reads_changes_nothing(run):
    before = {name: (run / "checkpoints" / name).stat() for name in files(run)}
    value = tf.Variable([0.0] * 1000)
    reader = Checkpoints(tf.train.Checkpoint(value=value), run, 3, writes=False)
    reader.restore_or_initialize()
    assert reader.save(11) is None
    assert float(value[0]) == 10
    assert before == {
        name: (run / "checkpoints" / name).stat() for name in files(run)
    }


def named(directory, identity):
    """Checkpoints of a run with this identity."""
    state = tf.train.Checkpoint(value=tf.Variable([0.0]))
    return Checkpoints(state, directory, 3, identity=identity)


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    saved = named(tmp_path, "seed 1")
    saved.save(3)
    assert named(tmp_path, "seed 1").restore_or_initialize().endswith("ckpt-3")
    with pytest.raises(errors.RunError) as raised:
        named(tmp_path, "seed 2").restore_or_initialize()
    assert str(raised.value) == (
        f"{tmp_path}/checkpoints/ckpt-3: expected a checkpoint of this run "
        "(seed 2), found one of another ('seed 1'); remove it, or start again "
        "in a new --model_dir"
    )


def test_a_checkpoint_without_a_name_is_an_older_versions(tmp_path):
    state = tf.train.Checkpoint(value=tf.Variable([0.0]))
    state.write(str(tmp_path / "checkpoints/ckpt-3"))
    with pytest.raises(errors.RunError, match="an older version of ednas_tf"):
        named(tmp_path, "seed 1").restore_or_initialize()


def test_nothing_is_saved_if_the_directory_is_lost(tmp_path):
    def lost():
        raise errors.RunError("gone")

    state = tf.train.Checkpoint(value=tf.Variable([0.0]))
    with pytest.raises(errors.RunError, match="gone"):
        Checkpoints(state, tmp_path, 3, before_save=lost).save(3)
    assert not list(tmp_path.glob("**/*.index"))


def test_checkpoints_whose_indexes_were_lost_are_refused_and_kept(run):
    for step in (1, 5, 10):
        index(run, step).unlink()
    before = files(run)
    with pytest.raises(errors.RunError) as raised:
        restored(run)
    assert str(raised.value) == (
        f"{run / 'checkpoints'}: expected an index beside "
        "ckpt-1.data-00000-of-00001, found none of any checkpoint; restore "
        "the files, or start again in a new --model_dir"
    )
    assert files(run) == before
