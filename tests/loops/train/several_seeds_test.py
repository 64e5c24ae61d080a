import json

import pytest

from ednas_tf import errors
from ednas_tf.loops.train import several_seeds, train_loop
from ednas_tf.runs import seed_folders
from ednas_tf.settings import resolve
from ednas_tf.space import published
from tests import run_directories

SETTINGS = resolve.resolve("digits", [], "train.epochs=1,seed=9")
DARTS = published.published("darts_v2")


@pytest.fixture
def trained(monkeypatch):
    """What was asked to be trained; the accuracy is a tenth of the seed."""
    asked = []

    def train(settings, described, directory, announces):
        asked.append((settings.seed, described, directory.name))
        if announces:
            print("what the data are")
        return {
            "test_accuracy": settings.seed / 10,
            "parameters": 5,
            "multiply_adds": 7,
        }

    monkeypatch.setattr(train_loop, "train", train)
    return asked


def test_mean_and_standard_deviation(trained, tmp_path, capsys):
    result = several_seeds.train(SETTINGS, DARTS, tmp_path, [1, 2, 6])

    assert trained == [(seed, DARTS, f"seed_{seed}") for seed in (1, 2, 6)]
    assert json.loads((tmp_path / "result.json").read_text()) == result
    # The squares of -0.2, -0.1 and 0.3 are 0.14 together.
    assert result.pop("test_accuracy_stddev") == pytest.approx(0.07**0.5)
    assert result.pop("test_accuracy_mean") == pytest.approx(0.3)
    assert result == {
        "seeds": [1, 2, 6],
        "test_accuracies": [0.1, 0.2, 0.6],
        "parameters": 5,
        "multiply_adds": 7,
    }
    printed = capsys.readouterr().out
    assert "of 3 seeds: mean 0.3000, standard deviation 0.2646" in printed
    assert SETTINGS.seed == 9


@pytest.mark.parametrize("finished, count", [(0, 1), (1, 1), (2, 0)])
def test_the_data_are_told_once_if_anything_is_trained(
    trained, tmp_path, capsys, finished, count
):
    several_seeds.train(SETTINGS, DARTS, tmp_path, [1, 2])
    capsys.readouterr()
    for seed in range(1, finished + 1):
        folder = tmp_path / f"seed_{seed}"
        with run_directories.opened(
            folder, seed_folders.with_seed(SETTINGS, seed)
        ):
            (folder / "result.json").write_text("{}")
    several_seeds.train(SETTINGS, DARTS, tmp_path, [1, 2])
    assert capsys.readouterr().out.count("what the data are") == count


def test_one_seed_has_no_deviation(trained, tmp_path):
    result = several_seeds.train(SETTINGS, DARTS, tmp_path, [4])
    assert result["test_accuracy_mean"] == 0.4
    assert "test_accuracy_stddev" not in result


def test_what_is_not_of_several_trainings_is_left_alone(trained, tmp_path):
    (tmp_path / "seed_1").mkdir()
    (tmp_path / "params.yaml").write_text("mine")
    with pytest.raises(errors.RequestError, match="trainings with --seeds"):
        several_seeds.train(SETTINGS, DARTS, tmp_path, [1])
    assert not trained


def test_what_a_killed_process_left_is_removed(trained, tmp_path):
    (tmp_path / ".result.json.4242").write_text("{")
    several_seeds.train(SETTINGS, DARTS, tmp_path, [1])
    assert [file.name for file in tmp_path.iterdir()] == ["result.json"]


def test_all_are_checked_before_the_first(trained, tmp_path):
    (tmp_path / "seed_2").mkdir()
    (tmp_path / "seed_2" / "notes.txt").write_text("mine")
    with pytest.raises(
        errors.RequestError, match="seed_2: expected the directory of a run"
    ):
        several_seeds.train(SETTINGS, DARTS, tmp_path, [1, 2])
    assert not trained
