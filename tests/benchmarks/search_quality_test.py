"""What the benchmark of searches computes from its trainings."""

import json
import pathlib

import pytest

from benchmarks.ranking import searches as ranking_searches
from benchmarks.search_quality import searches, setting, truth
from ednas_tf.settings import resolve

DATA = pathlib.Path(truth.__file__).parents[1] / "data/search_quality"


def whole(noise):
    """Trainings whose test accuracy is 0.5 + their number / 100."""
    return {
        each.name: {
            "test": {
                "accuracy": 0.5 + int(each.name[:2]) / 100 + noise * each.seed
            }
        }
        for each in truth.whole()
    }


def begun():
    """Losses know the truth; validation accuracies know its opposite."""
    found = {}
    for number, each in enumerate(truth.short()):
        marks = {
            str(mark): {
                "accuracy": 0.5 - number / 100,
                "log_likelihood": -1.0,
                "seconds": mark / 10,
                "seconds_of_score": 2.0,
                "while_training": {
                    "loss": 3.0 - number / 100,
                    "accuracy": 0.5,
                },
            }
            for mark in each.marks
        }
        found[each.name] = {"marks": marks}
    return found


def test_the_requests_are_those_of_the_plan():
    found = truth.whole()
    assert len(found) == 40
    assert len({each.name for each in found}) == 40
    assert {each.marks[-1] for each in found} == {setting.LENGTH}
    assert {each.seed for each in truth.short()} == {2}
    assert {each.marks for each in truth.short()} == {
        (195, 390, 624, 780, 1248, 1560)
    }


def test_ways_of_scoring_are_compared_with_the_truth(monkeypatch):
    monkeypatch.setattr(truth, "_DRAWS", 20)
    ways = truth.short_ways(list(begun().values()))
    found = truth.table(whole(0.01), ways | truth.size_ways())
    rows = found["ways"]
    for size in ("number of weights", "multiply-adds"):
        assert -0.5 < rows[size]["tau"] < 0.5 and rows[size]["seconds"] == 0
    assert rows["1560 steps, loss while training"]["tau"] == pytest.approx(1)
    assert rows["1560 steps, validation accuracy"]["tau"] == pytest.approx(-1)
    # 30 architectures, 156 s each, and 2 s for each score.
    assert rows["1560 steps, loss while training"]["seconds"] == 30 * 156
    assert rows["1560 steps, validation accuracy"]["seconds"] == 30 * 158
    # The seeds differ by a point, for all architectures alike.
    assert found["truth"]["seeds"] == pytest.approx(0, abs=1e-6)


def test_trainings_that_go_on_from_a_supernet_cost_it_too():
    requests = truth.short("weights.npz")
    assert {each.weights for each in requests} == {"weights.npz"}
    fresh = {each.name for each in truth.short()}
    assert not fresh & {each.name for each in requests}
    found = truth.short_ways(list(begun().values()), " from it", 1000.0)
    assert found["1560 steps from it, loss while training"]["seconds"] == (
        1000 + 30 * 156
    )


def test_a_tau_has_an_interval():
    exact, low, high = truth.tau([1, 2, 3, 4, 6, 5], [1, 2, 3, 4, 5, 6])
    assert exact == pytest.approx(13 / 15)
    assert low < exact <= high <= 1


@pytest.mark.parametrize("file", sorted(DATA.glob("whole/*.json")))
def test_the_kept_trainings_are_those_of_the_requests(file):
    request = {each.name: each for each in truth.whole()}[file.stem]
    held = json.loads(file.read_text())
    assert held["length"] == request.length
    assert tuple(map(int, held["marks"])) == request.marks
    assert 0.4 < held["test"]["accuracy"] < 0.8
    assert json.loads(held["genotype"]) == json.loads(
        request.genotype.to_json()
    )


def test_what_searches_find_is_compared_with_random_architectures():
    found = {
        "one": {"accuracies": [61.0, 63.0]},
        "two": {"accuracies": [60.0, 61.0]},
    }
    random = searches.random_accuracies(whole(0.0), 5)
    assert random == pytest.approx([50, 51, 52, 53, 54])
    result = searches.compared(found, random)
    assert result["random"] == pytest.approx(52)
    assert result["searches"]["one"] == pytest.approx(
        {"accuracy": 62, "gain": 10}
    )
    assert result["gain"] == pytest.approx(61.25 - 52)
    # Welch's test by hand: squared error .5625 + .5, 2.98 degrees of freedom.
    assert result["low"] == pytest.approx(9.25 - 3.29, abs=0.01)
    assert result["p"] == pytest.approx(0.003, abs=2e-4)


@pytest.mark.parametrize("overrides", ["", ranking_searches.OVERRIDES])
def test_the_settings_of_the_searches_are_those_of_the_setting(overrides):
    found = resolve.resolve(
        config_files=[str(searches.SETTINGS)], overrides=overrides
    )
    # To import the plugin would leave its data set to the tests that follow.
    plugin = searches.SETTINGS.with_suffix(".py").read_text()
    assert f'@image_data.dataset("{found.data.name}")' in plugin
    expected = setting.settings(0, overrides)
    assert found.data.validation_images == setting.VALIDATION
    assert found.search.network.channels == expected.search.network.channels
    assert found.search.batch_size == expected.search.batch_size
    assert found.search.optimizer == expected.search.optimizer
    assert found.policy.batch_size == expected.policy.batch_size


def test_searches_have_names_of_their_own():
    names = [each.name for each in searches.END + searches.BUDGET]
    # One search is part of both.
    assert len(set(searches.END + searches.BUDGET)) == len(set(names)) == 11
    assert names[0] == "both_0.5_hours_seed_1"
