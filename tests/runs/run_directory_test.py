import json
import os
import pathlib

import pytest

from ednas_tf import errors, tasks, whole_files
from ednas_tf.runs import names, run_directory, starts
from ednas_tf.settings import resolve
from tests import printed, run_directories
from tests.data import pictures


def settings(overrides=""):
    return resolve.resolve("digits", overrides=overrides)


@pytest.fixture
def run(tmp_path):
    """A run with the settings of digits."""
    directory = tmp_path / "runs" / "one"
    open_and_close(directory, settings())
    return directory


def open_and_close(directory, wanted):
    run_directory.check(directory, wanted)
    with run_directories.opened(directory, wanted):
        pass


def refusal(call, *args):
    with pytest.raises(errors.RequestError) as raised:
        call(*args)
    return str(raised.value)


@pytest.mark.parametrize(
    "evidence, kept, warns",
    [
        ("short", (names.TRAININGS_FILE, names.VERDICT_FILE), False),
        ("short", (names.TRAININGS_FILE,), True),
        ("short", (names.VERDICT_FILE,), True),
        # Candidates are scored again.
        ("both", (names.TRAININGS_FILE, names.VERDICT_FILE), True),
    ],
)
def test_changed_code_is_told_where_something_is_computed(
    evidence, kept, warns, tmp_path, capsys, monkeypatch
):
    wanted = settings(f"search.evidence={evidence}")
    open_and_close(tmp_path / "run", wanted)
    for name in kept:
        (tmp_path / "run" / name).touch()
    newer = starts.versions() | {"source_digest": "55a02be45f85"}
    monkeypatch.setattr(starts, "versions", lambda: newer)
    open_and_close(tmp_path / "run", wanted)
    told = printed.unbroken(capsys.readouterr().err)
    assert ("the code of ednas_tf has changed" in told) == warns


def test_a_run_is_tied_to_its_data(tmp_path):
    images = pathlib.Path(pictures.folder(tmp_path / "images", 10))
    wanted = resolve.resolve(
        "images",
        overrides=f"runtime.data_dir={images},data.validation_images=4",
    )
    run = tmp_path / "run"
    task = tasks.make(wanted)
    for _ in range(2):
        with run_directories.opened(run, wanted, task):
            pass
    held = (run / "starts.json").read_bytes()
    assert json.loads(held)[1]["data"] == task.provenance()
    (images / "cat" / "003.jpg").unlink()
    with pytest.raises(errors.RequestError) as raised:
        with run_directories.opened(run, wanted, tasks.make(wanted)):
            pass
    assert str(raised.value) == (
        f"images: expected the image files of the run in {run}, found other "
        "files in --data_dir; restore them, or start a new run in another "
        "--model_dir"
    )
    assert (run / "starts.json").read_bytes() == held


def test_settings_are_written_and_read_back(tmp_path):
    wanted = settings(
        "seed=7,search.space.ops=[skip_connect,max_pool_3x3],"
        "policy.learning_rate=1e-7,data.name='1e-3',runtime.data_dir=a b:c"
    )
    open_and_close(tmp_path, wanted)
    found = run_directory.load(tmp_path / "params.yaml")

    assert found.as_dict() == wanted.as_dict()
    assert found.policy.learning_rate == 1e-7
    assert found.data.name == "1e-3"
    assert found.fingerprint() == wanted.fingerprint()


def test_a_new_run_contains_its_settings_only(run):
    assert sorted(os.listdir(run)) == [".lock", "params.yaml", "starts.json"]


def test_a_write_replaces_the_file_and_leaves_no_other(tmp_path):
    file = tmp_path / "file"
    whole_files.write(file, b"a long old content")
    whole_files.write(file, b"new")
    assert file.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["file"]


def test_a_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "file"
    whole_files.write(file, b"old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(type(file), "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        whole_files.write(file, b"new")
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_run_may_resume_with_the_same_settings(run):
    run_directory.check(run, settings())


def test_a_check_creates_nothing(tmp_path):
    run_directory.check(tmp_path / "new", settings())
    run_directory.check(tmp_path, settings())
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "override, difference",
    [
        ("seed=5", "seed is 0 there, 5 was requested"),
        (
            "search.network.channels=4,train.epochs=1",
            "search.network.channels is 8 there, 4 was requested",
        ),
        ("data.name=x", "data.name is 'digits' there, 'x' was requested"),
        (
            "search.space.ops=[skip_connect]",
            "search.space.ops is ['max_pool_3x3', 'avg_pool_3x3', "
            "'skip_connect', 'sep_conv_3x3', 'sep_conv_5x5', 'dil_conv_3x3', "
            "'dil_conv_5x5'] there, ['skip_connect'] was requested",
        ),
        (
            "runtime.download=true,train.optimizer.momentum=0",
            "train.optimizer.momentum is 0.9 there, 0.0 was requested",
        ),
    ],
)
def test_other_settings_are_refused(run, override, difference):
    before = (run / "params.yaml").read_bytes()
    message = refusal(run_directory.check, run, settings(override))

    assert message == (
        f"{run}: holds a run with other settings ({difference}); "
        "choose another --model_dir"
    )
    assert (run / "params.yaml").read_bytes() == before


def test_sizes_to_be_chosen_are_taken_from_the_run(run):
    left_open = "search.network.cells=0,data.validation_images=0"
    wanted = settings(left_open)
    run_directory.check(run, wanted)
    assert wanted.as_dict() == settings().as_dict()

    other = settings(f"{left_open},search.network.channels=5")
    assert "channels is 8 there, 5 was requested" in refusal(
        run_directory.check, run, other
    )


def test_negative_zero_equals_zero(run):
    override = "search.optimizer.final_learning_rate="
    assert (
        settings(override + "-0.0").fingerprint()
        == settings(override + "0.0").fingerprint()
    )


def test_the_runtime_may_change_and_its_new_settings_are_written(run):
    wanted = settings("runtime.steps_per_log=7,runtime.download=true")
    open_and_close(run, wanted)
    assert run_directory.load(run / "params.yaml").runtime.steps_per_log == 7


def test_a_foreign_directory_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    assert refusal(run_directory.check, tmp_path, settings()) == (
        f"{tmp_path}: expected the directory of a run or a new one, "
        "found a folder of other files; choose another --model_dir"
    )
    assert os.listdir(tmp_path) == ["thesis.tex"]


def test_a_file_instead_of_a_directory_is_refused(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    assert refusal(run_directory.check, file, settings()).startswith(
        f"{file}: expected the directory of a run or a new one"
    )


def test_leftovers_of_a_first_write_are_accepted(tmp_path):
    (tmp_path / ".params.yaml.123").write_text("see")
    run_directory.check(tmp_path, settings())


def test_unreadable_settings_are_reported(tmp_path):
    file = tmp_path / "params.yaml"
    file.write_text("sed: 1")
    assert refusal(run_directory.check, tmp_path, settings()).startswith(
        f"{file}: unknown setting 'sed', did you mean 'seed'?"
    )


def test_a_path_that_cannot_be_created_is_refused(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    directory = tmp_path / "link"
    run_directory.check(directory, settings())
    assert refusal(open_and_close, directory, settings()) == (
        f"{directory}: cannot be written: File exists; "
        "choose another --model_dir"
    )


def test_a_path_below_a_file_is_refused(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    directory = file / "runs" / "one"
    assert refusal(run_directory.check, directory, settings()) == (
        f"{directory}: expected a path for a directory, found that {file} is "
        "a file; choose another --model_dir"
    )


def test_an_impossible_file_name_is_refused(tmp_path):
    directory = tmp_path / ("a" * 300)
    assert refusal(run_directory.check, directory, settings()) == (
        f"{directory}: cannot be read: File name too long; "
        "choose another --model_dir"
    )


@pytest.mark.parametrize("name", ["checkpoints", "best", "summaries", "data"])
def test_folders_that_are_links_are_refused(run, tmp_path, name):
    (tmp_path / "mine").mkdir()
    (run / name).symlink_to(tmp_path / "mine")
    message = f"{run / name}: expected a folder of this run, found a link"
    assert refusal(run_directory.check, run, settings()).startswith(message)
    (run / name).unlink()
    (run / name).write_text("mine")
    assert refusal(run_directory.check, run, settings()).startswith(message)


def test_folders_in_place_of_files_are_refused(run):
    (run / "policy.npz").mkdir()
    message = f"{run / 'policy.npz'}: expected a file, found a folder"
    assert refusal(run_directory.check, run, settings()).startswith(message)


@pytest.mark.parametrize("name", [*names.FILES, "params.yaml", "report.html"])
def test_what_a_killed_write_leaves_is_recognised(tmp_path, name):
    assert run_directory.is_leftover(tmp_path / f".{name}.4242")
    assert not run_directory.is_leftover(tmp_path / name)
    assert not run_directory.is_leftover(tmp_path / f".{name}")


def test_a_run_that_is_refused_before_it_begins_leaves_nothing(tmp_path):
    directory = tmp_path / "runs" / "one"
    with pytest.raises(errors.RequestError, match="too few hours"):
        with run_directory.locked(directory):
            assert os.listdir(directory) == [".lock"]
            raise errors.RequestError("too few hours")
    assert os.listdir(tmp_path) == []


def test_a_refusal_leaves_what_was_there(run):
    with pytest.raises(errors.RequestError, match="too few hours"):
        with run_directory.locked(run):
            raise errors.RequestError("too few hours")
    assert (run / "params.yaml").exists() and (run / ".lock").exists()
