import pytest
from absl import flags
from absl.testing import flagsaver

from ednas_tf import errors
from ednas_tf.commands import settings_flags, weights_flags
from ednas_tf.settings import resolve
from tests import run_directories


@pytest.fixture
def typed(monkeypatch, tmp_path):
    """Calls a function while flags are as typed, in a folder of one run."""
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(tmp_path))
    held = resolve.resolve("digits", [], "train.epochs=7,train.drop_path=0.3")
    with run_directories.opened(tmp_path / "mine", held):
        pass

    def call(function, *words):
        with flagsaver.flagsaver():
            flags.FLAGS(["command", *words])
            return function()

    return call


def of_training():
    source = weights_flags.source()
    settings = weights_flags.settings(source)
    directory = weights_flags.model_dir(source, "digits")
    return source, settings, directory


def test_more_epochs_are_in_a_folder_of_the_training(typed, tmp_path):
    words = "--model_dir=mine", "--more_epochs=3"
    source, settings, directory = typed(of_training, *words)
    assert source == tmp_path / "mine"
    assert directory == tmp_path / "mine/more_3_epochs"
    assert (settings.train.epochs, settings.train.drop_path) == (3, 0.3)


def test_more_epochs_can_be_in_another_directory(typed, tmp_path):
    words = "--weights=mine", "--more_epochs=3", "--model_dir=new"
    source, settings, directory = typed(of_training, *words)
    assert (source, directory) == (tmp_path / "mine", tmp_path / "new")
    assert settings.train.epochs == 3


def test_other_data_have_settings_of_their_own(typed):
    words = "--weights=mine", "--dataset=cluttered_digits"
    _, settings, directory = typed(of_training, *words)
    assert settings.data.name == "cluttered_digits"
    assert settings.train.drop_path == 0.0
    assert directory.name == "train"
    # Without other data, those of the training are meant.
    _, settings, _ = typed(of_training, "--weights=mine")
    assert (settings.data.name, settings.train.epochs) == ("digits", 7)


def test_without_either_flag_nothing_changes(typed):
    source, settings, directory = typed(of_training, "--dataset=digits")
    assert source is None
    assert directory.parts[-3:] == ("runs", "digits", "train")
    assert settings.train.epochs == 20


@pytest.mark.parametrize(
    "words, message",
    [
        (["--more_epochs=3"], "--model_dir: expected the directory of a fin"),
        (
            ["--more_epochs=3", "--model_dir=mine", "--hours=1"],
            "--hours: expected no such flag with --more_epochs",
        ),
    ],
)
def test_what_cannot_be(typed, words, message):
    with pytest.raises(errors.RequestError, match=message):
        typed(of_training, *words)


def test_flags_that_a_finished_run_has_already(typed):
    def refuse():
        settings_flags.refuse_settings("dataset")

    assert typed(refuse, "--model_dir=mine") is None
    for word in ("--seed=1", "--hours=1", "--dataset=digits"):
        with pytest.raises(errors.RequestError, match="finished run are used"):
            typed(refuse, word)
    with pytest.raises(errors.RequestError, match="--seeds: expected no such"):
        weights_flags.check([1, 2])
