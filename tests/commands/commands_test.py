"""Commands in this process; `test_in_a_separate_process` runs a real one.

The flags are those of the search.
"""

import errno
import os
import pathlib
import subprocess
import sys

import pytest
import tensorflow as tf
from absl.testing import flagsaver

import ednas_tf
from ednas_tf import errors, run, search, train
from ednas_tf.commands import (
    paths,
    running,
    search_flags,
    settings_flags,
)
from ednas_tf.runs import run_directory
from ednas_tf.settings import resolve, stage_hours
from tests import printed, run_directories

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIGITS = resolve.CONFIGS / "digits.yaml"


@pytest.fixture
def start(monkeypatch, capsys):
    """Runs a function as a command; returns its status, stdout and stderr."""

    def start(main, *flags):
        monkeypatch.setattr(sys, "argv", ["command", *flags])
        with flagsaver.flagsaver(), pytest.raises(SystemExit) as stopped:
            running.run(main)
        found = capsys.readouterr()
        return stopped.value.code or 0, found.out, found.err

    return start


@pytest.fixture
def refused(start):
    """Runs the search; returns the line with which it was refused."""

    def refused(*flags):
        status, out, err = start(search.main, *flags)
        assert (status, out) == (2, "")
        assert err.startswith("error: ") and err.endswith("\n")
        assert err.count("\n") == 1
        return err[len("error: ") : -1]

    return refused


@pytest.fixture
def resolved(start):
    """Returns the settings and the directory for given flags."""

    def resolved(*flags):
        found = []

        def main():
            settings = settings_flags.settings()
            found.append(settings)
            found.append(settings_flags.model_dir("search", settings.data.name))

        assert start(main, *flags) == (0, "", "")
        return found

    return resolved


# What --hours sets.


@pytest.fixture
def found(start):
    """Returns what a function returns within a command with given flags."""

    def found(function, *flags):
        results = []
        done = start(lambda: results.append(function()), *flags)
        assert done == (0, "", "")
        return results[0]

    return found


def test_hours_of_a_search_are_for_the_search(found):
    settings = found(search_flags.settings, "--hours=0.5")
    assert (settings.search.hours, settings.train.hours) == (0.5, 0.0)
    assert settings.search.evidence == "both"


def test_hours_of_a_training_are_for_the_training(found):
    settings = found(settings_flags.settings, "--hours=2")
    assert (settings.search.hours, settings.train.hours) == (0.0, 2.0)
    assert settings.search.evidence == "shared"


def test_hours_of_a_whole_run_are_shared_among_its_stages(found):
    flags = "--hours=10", "--params_override=search.evidence=short", "--seed=3"

    def arguments():
        shares = stage_hours.WHOLE_RUN
        return [
            *settings_flags.share_of_hours(shares),
            *settings_flags.given(),
        ]

    def settings():
        return search_flags.settings(stage_hours.WHOLE_RUN)

    whole = found(settings, *flags)
    passed_on = found(arguments, *flags)
    assert (whole.search.hours, whole.train.hours) == pytest.approx((6, 3.4))
    # An override of the same command wins.
    assert whole.search.evidence == "short"
    assert not any(each.startswith("--hours") for each in passed_on)
    for stage in (search_flags.settings, settings_flags.settings):
        assert found(stage, *passed_on).as_dict() == whole.as_dict()


@pytest.mark.parametrize("began", ["--nobaseline", "--baseline"])
@pytest.mark.parametrize("goes_on", ["--nobaseline", "--baseline"])
def test_a_baseline_can_be_added_to_a_begun_run(
    found, tmp_path, began, goes_on
):
    def shares():
        settings = run._settings(stage_hours.WHOLE_RUN)
        return run._shares(settings, tmp_path)

    flags = "--dataset=digits", "--hours=10"
    first = found(shares, *flags, began)
    expected = {
        "--nobaseline": stage_hours.WHOLE_RUN,
        "--baseline": stage_hours.WITH_BASELINE,
    }
    assert first == expected[began]
    settings = found(lambda: search_flags.settings(first), *flags)
    with run_directories.opened(tmp_path / "search", settings):
        pass
    assert found(shares, *flags, goes_on) == first
    # Other hours are another run, which is refused.
    other = found(shares, "--dataset=digits", "--hours=9", goes_on)
    assert other == expected[goes_on]


def test_without_hours_nothing_is_passed_on(found):
    def arguments():
        return settings_flags.share_of_hours(stage_hours.WHOLE_RUN)

    assert found(arguments) == []


# How a command ends.


def test_a_command_that_succeeds(start):
    assert start(lambda: print("done")) == (0, "done\n", "")


def memory(shape):
    message = f"OOM when allocating tensor with {shape} and type float"
    return tf.errors.ResourceExhaustedError(None, None, message)


@pytest.mark.parametrize(
    "error, line",
    [
        (
            memory("shape[9,9]"),
            "out of memory, for a tensor with shape[9,9]; checkpoints are "
            "kept; use smaller batches or networks",
        ),
        (
            MemoryError(),
            "out of memory; checkpoints are kept; use smaller batches or "
            "networks",
        ),
        (
            tf.errors.ResourceExhaustedError(
                None, None, "run/events.v2; No space left on device"
            ),
            "run/events.v2; No space left on device; saved files are kept",
        ),
        (
            tf.errors.UnknownError(
                None,
                None,
                "Graph execution error:\n\n...: RunError: mine: 3 images\n"
                "Traceback (most recent call last):\n",
            ),
            "mine: 3 images",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "run/a"),
            "run/a: Read-only file system; saved files are kept",
        ),
    ],
)
def test_a_failure_of_the_machine_is_one_line(start, error, line):
    def main():
        raise error

    assert start(main) == (1, "", f"error: {line}\n")


def test_a_failed_run_prints_a_long_message_in_full(start):
    def main():
        raise errors.RunError("node " * 1000)

    assert start(main) == (1, "", f"error: {'node ' * 999}node\n")


def test_an_error_is_broken_into_lines_for_a_person(start, monkeypatch):
    """A program that reads stderr gets one line, a terminal lines that fit."""

    def main():
        raise errors.RequestError("expected words, found none; " * 6 + long)

    long = "/a-path/" + "long" * 30
    *_, line = start(main)
    assert line.count("\n") == 1
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    *_, broken = start(main)
    first, *others = broken.splitlines()
    assert first.startswith("error: expected words, found none; expected ")
    assert len(others) == 3 and all(each.startswith("  ") for each in others)
    # A path stays whole, so that it can be copied.
    assert [each for each in others if len(each) > 80] == [f"  {long}"]
    assert len(first) <= 80 and printed.unbroken(broken) == line


def test_an_error_of_the_program_keeps_its_traceback(start):
    def main():
        open("/nowhere/at/all")

    with pytest.raises(FileNotFoundError):
        start(main)


@pytest.mark.parametrize(
    "kind, status", [(errors.RequestError, 2), (errors.RunError, 1)]
)
def test_an_error_is_one_line_on_stderr(start, kind, status):
    def main():
        raise kind("there is\n   no more\n")

    assert start(main) == (status, "", "error: there is no more\n")


def test_other_errors_are_not_caught(monkeypatch):
    def main():
        raise KeyError("a fault")

    monkeypatch.setattr(sys, "argv", ["command"])
    with flagsaver.flagsaver(), pytest.raises(KeyError, match="a fault"):
        running.run(main)


# The version.


def test_the_version_is_printed_without_tensorflow():
    program = (
        "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None; "
        "from {package} import {name}; sys.argv[1:] = {flags}; {name}.command()"
    )
    for package, name, flags in (
        ("ednas_tf", "search", ["--seed=3", "--version"]),
        ("ednas_tf", "draw", ["--version"]),
        # Has a flag of this name for the version of an export.
        ("ednas_tf.export", "saved_model", ["--version"]),
    ):
        code = program.format(package=package, name=name, flags=flags)
        found = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        assert (found.returncode, found.stderr) == (0, "")
        assert found.stdout == f"ednas_tf {ednas_tf.__version__}\n"


# Wrong requests.


def test_an_unknown_flag_is_refused(refused):
    assert refused("--model_dri=x") == (
        "Unknown command line flag 'model_dri'. Did you mean: model_dir ?; "
        "see --help"
    )


def test_a_flag_of_the_wrong_type_is_refused(refused):
    assert refused("--seed=one") == (
        "--seed: expected an integer, found 'one'; see --help"
    )
    assert refused("--download=perhaps") == (
        "--download: expected true or false, found 'perhaps'; see --help"
    )
    assert refused("--nodownload=1") == (
        "--nodownload=1 does not take an argument; see --help"
    )
    assert refused("--model_dir=") == (
        "--model_dir: expected a path whose names have at most 255 bytes, "
        "found ''; see --help"
    )


def test_flagfile_is_refused_because_it_reads_any_file(refused):
    assert refused("--flagfile=/dev/zero") == (
        "--flagfile: expected settings in a --config_file; omit it"
    )


def test_a_positional_argument_is_refused(refused):
    assert refused("digits") == (
        "expected flags only, found 'digits'; see --help"
    )


def test_an_unknown_data_set_is_refused(refused):
    assert refused("--dataset=digit").startswith(
        "--dataset: unknown data set 'digit', did you mean 'digits'? (one of: "
    )


def test_an_unknown_data_set_in_settings_is_refused(refused, tmp_path):
    message = refused(
        "--params_override=data.name=digit", f"--model_dir={tmp_path / 'new'}"
    )
    assert message.startswith(
        "unknown dataset 'digit', did you mean 'digits'? (one of: arrays, "
    )
    assert os.listdir(tmp_path) == []


def test_an_unknown_searcher_is_refused(refused, tmp_path):
    message = refused("--searcher=edna", f"--model_dir={tmp_path / 'new'}")
    assert message.startswith(
        "unknown searcher 'edna', did you mean 'ednas'? (one of: ednas, "
    )
    assert os.listdir(tmp_path) == []


def test_an_unknown_operation_is_refused(refused, tmp_path):
    message = refused(
        "--params_override=search.space.ops=[skip_connect,sep_conv_3x]",
        f"--model_dir={tmp_path / 'new'}",
    )
    assert message.startswith(
        "search.space.ops: unknown operation 'sep_conv_3x' for convolutional "
        "cells, did you mean 'sep_conv_3x3'? (one of: "
    )
    assert os.listdir(tmp_path) == []


def test_a_wrong_value_of_a_settings_flag_is_refused(refused):
    assert refused("--seed=-1") == (
        "flags: seed: expected at least 0, found -1"
    )
    assert refused("--distribution_strategy=mirror") == (
        "flags: runtime.distribution_strategy: unknown value 'mirror', "
        "did you mean 'mirrored'? (one of: mirrored, "
        "multi_worker_mirrored, one_device, tpu)"
    )


def test_a_directory_with_other_files_is_refused(refused, tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    assert refused(f"--model_dir={tmp_path}") == (
        f"{tmp_path}: expected the directory of a run or a new one, "
        "found a folder of other files; choose another --model_dir"
    )
    assert os.listdir(tmp_path) == ["thesis.tex"]
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_a_run_with_other_settings_is_refused(refused, tmp_path):
    held = DIGITS.read_bytes()
    (tmp_path / "params.yaml").write_bytes(held)
    assert refused(f"--model_dir={tmp_path}", "--seed=3") == (
        f"{tmp_path}: holds a run with other settings "
        "(seed is 0 there, 3 was requested); choose another --model_dir"
    )
    assert os.listdir(tmp_path) == ["params.yaml"]
    assert (tmp_path / "params.yaml").read_bytes() == held


@pytest.mark.parametrize("section, images", [("search", 1150), ("policy", 287)])
def test_a_minibatch_larger_than_the_data_is_refused(
    refused, tmp_path, section, images
):
    asked = images + 1
    message = refused(
        f"--params_override={section}.batch_size={asked}",
        f"--model_dir={tmp_path / 'new'}",
    )
    assert message == (
        f"{section}.batch_size: expected at most {images} images, found "
        f"{asked}; set {section}.batch_size=0, and a size is chosen"
    )
    assert os.listdir(tmp_path) == []


def test_in_a_separate_process(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("search: {epochs: many}")
    expected = {
        "--searhcer=random": (
            "Unknown command line flag 'searhcer'. Did you mean: searcher ?; "
            "see --help"
        ),
        f"--config_file={file.name}": (
            f"{file}: search.epochs: expected an integer, found 'many'"
        ),
    }
    environment = os.environ | {
        "BUILD_WORKING_DIRECTORY": str(tmp_path),
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    for flag, message in expected.items():
        found = subprocess.run(
            [sys.executable, "-m", "ednas_tf.search", flag],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert found.returncode == 2
        assert found.stdout == ""
        assert found.stderr == f"error: {message}\n"
    assert os.listdir(tmp_path) == ["mine.yaml"]


# Settings from flags.


def test_digits_are_the_default(resolved):
    settings, directory = resolved()
    assert settings.as_dict() == resolve.resolve("digits").as_dict()
    assert directory == pathlib.Path("runs/digits/search")


@pytest.mark.parametrize("main", [run.main, search.main, train.main])
def test_settings_are_printed_without_a_run(start, main, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = start(
        main,
        "--dataset=cifar10",
        "--seed=3",
        "--params_override=search.epochs=5,policy.batch_size=0",
        "--print_settings",
    )
    assert (status, err, os.listdir()) == (0, "", [])
    pathlib.Path("printed.yaml").write_text(out)
    overrides = "seed=3,search.epochs=5,policy.batch_size=0"
    expected = resolve.resolve("cifar10", [], overrides)
    assert run_directory.load(pathlib.Path("printed.yaml")) == expected


def test_a_config_file_replaces_the_default(resolved, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("data: {name: cifar10}")
    settings, directory = resolved(f"--config_file={file}")

    assert settings.search.epochs == 300
    assert directory == pathlib.Path("runs/cifar10/search")


def test_a_config_file_of_another_data_set_is_refused(refused, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("data: {name: cifar10}")
    assert refused(f"--config_file={file}", "--dataset=digits") == (
        "--dataset: 'digits' was given, but a --config_file or "
        "--params_override sets data.name to 'cifar10'; omit one of them"
    )


def test_repeated_overrides_are_combined(resolved):
    settings, _ = resolved(
        "--params_override=seed=4,search.epochs=5",
        "--params_override=search.epochs=6",
    )
    assert (settings.seed, settings.search.epochs) == (4, 6)


def test_flags_override_overrides_which_override_files(resolved, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("seed: 1\nsearch: {epochs: 2, candidates: 3}")
    settings, _ = resolved(
        "--dataset=cifar10",
        f"--config_file={file}",
        "--params_override=seed=4,search.epochs=5",
        "--seed=6",
        "--download",
        "--distribution_strategy=mirrored",
    )

    assert settings.seed == 6
    assert (settings.search.epochs, settings.search.candidates) == (5, 3)
    assert settings.data.name == "cifar10"
    assert settings.runtime.download is True
    assert settings.runtime.distribution_strategy == "mirrored"


def test_a_flag_can_turn_a_setting_off(resolved):
    settings, _ = resolved(
        "--params_override=runtime.download=true,seed=5",
        "--nodownload",
        "--seed=0",
    )
    assert settings.runtime.download is False
    assert settings.seed == 0


def test_settings_from_the_commands_own_flags(start):
    found = []

    def main():
        found.append(settings_flags.settings(search={"searcher": "random"}))
        found.append(settings_flags.settings(search={"searcher": None}))

    assert start(main) == (0, "", "")
    assert [settings.search.searcher for settings in found] == [
        "random",
        "ednas",
    ]


def test_paths_are_relative_to_where_bazel_was_called(
    resolved, tmp_path, monkeypatch
):
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(tmp_path))
    (tmp_path / "mine.yaml").write_text("seed: 8")
    settings, directory = resolved(
        "--config_file=mine.yaml", "--model_dir=runs/a", "--data_dir=data"
    )

    assert settings.seed == 8
    assert directory == tmp_path / "runs" / "a"
    assert settings.runtime.data_dir == str(tmp_path / "data")
    assert resolved()[1] == tmp_path / "runs" / "digits" / "search"
    assert paths.path("/elsewhere/a") == pathlib.Path("/elsewhere/a")


def test_paths_are_otherwise_relative_to_the_working_directory(
    resolved, tmp_path, monkeypatch
):
    monkeypatch.delenv("BUILD_WORKING_DIRECTORY", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    settings, directory = resolved(
        "--dataset=images", "--model_dir=a", "--data_dir=data"
    )

    assert directory == pathlib.Path("a")
    assert settings.runtime.data_dir == str(tmp_path / "data")


def test_a_tilde_after_an_equals_sign_is_the_home_folder(
    resolved, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.yaml").write_text("seed: 8")
    settings, directory = resolved(
        "--config_file=~/mine.yaml", "--model_dir=~/a", "--data_dir=~/data"
    )

    assert settings.seed == 8
    assert directory == tmp_path / "a"
    assert settings.runtime.data_dir == str(tmp_path / "data")
