"""Searches with several seeds, which are only pretended here."""

import dataclasses
import json
import types

import pytest
import scipy.stats

from ednas_tf import errors
from ednas_tf.loops.search import search_loop, several_searches, startable
from ednas_tf.settings import resolve
from ednas_tf.space import published
from ednas_tf.space.genotype import Genotype

GAINS = {1: 2.0, 2: 3.0, 5: 7.0}


def settings(overrides=""):
    return resolve.resolve("digits", overrides=f"seed=9,{overrides}")


@pytest.fixture
def searched(monkeypatch):
    """What was asked; the reward is a tenth of the seed."""
    asked = types.SimpleNamespace(checked=[], done=[], gains=GAINS)

    def check(settings, directory, writes):
        asked.checked.append(directory.name)

    def search(settings, directory, announces):
        if announces:
            print("what the data are")
        asked.done.append(
            (settings.seed, directory.name, settings.search.hours)
        )
        provenance = {"reward": settings.seed / 10}
        if asked.gains:
            provenance["gain"] = asked.gains[settings.seed]
            provenance["gain_unit"] = "points of accuracy"
        found = published.published("darts_v2")
        return dataclasses.replace(found, provenance=provenance)

    monkeypatch.setattr(startable, "check", check)
    monkeypatch.setattr(search_loop, "search", search)
    return asked


def test_the_gain_is_the_mean_of_all_searches(searched, tmp_path, capsys):
    result = several_searches.search(
        settings("search.hours=3"), tmp_path, [1, 2, 5]
    )
    assert searched.done == [(s, f"seed_{s}", 1.0) for s in (1, 2, 5)]
    assert json.loads((tmp_path / "result.json").read_text()) == result
    assert result["rewards"] == [0.1, 0.2, 0.5]
    assert result["reward_mean"] == pytest.approx(0.8 / 3)
    assert result["gains"] == [2.0, 3.0, 7.0]
    expected = scipy.stats.ttest_1samp([2.0, 3.0, 7.0], 0)
    interval = expected.confidence_interval()
    assert result["gain"] == pytest.approx(
        dict(gain=4.0, low=interval.low, high=interval.high, p=expected.pvalue)
    )
    best = Genotype.from_json((tmp_path / "genotype.json").read_text())
    assert best.provenance["reward"] == 0.5
    printed = capsys.readouterr().out.replace("\n  ", " ")
    assert "reward of 3 searches: mean 0.2667, standard deviation 0.2082" in (
        printed
    )
    assert "mean of 3 searches: +4 (-2.572 to +10.57) points of acc" in printed


def test_the_data_are_told_once(searched, tmp_path, capsys):
    several_searches.search(settings(), tmp_path, [1, 2, 5])
    assert capsys.readouterr().out.count("what the data are") == 1


def test_all_are_checked_before_the_first_begins(
    searched, tmp_path, monkeypatch
):
    def check(settings, directory, writes):
        if settings.seed == 5:
            raise errors.RequestError("no")

    monkeypatch.setattr(startable, "check", check)
    with pytest.raises(errors.RequestError, match="no"):
        several_searches.search(settings(), tmp_path, [1, 2, 5])
    assert not searched.done


def test_without_verdicts_there_are_no_gains(searched, tmp_path, capsys):
    searched.gains = None
    result = several_searches.search(settings(), tmp_path, [1, 2])
    assert result.keys() == {"seeds", "rewards", "reward_mean", "reward_stddev"}
    assert "gain" not in capsys.readouterr().out


def test_one_seed_has_no_deviation(searched, tmp_path):
    result = several_searches.search(settings(), tmp_path, [2])
    assert result.keys() == {
        *("seeds", "rewards", "reward_mean", "gains", "gain_unit")
    }


def test_another_directory_is_refused(searched, tmp_path):
    (tmp_path / "params.yaml").write_text("mine")
    with pytest.raises(errors.RequestError, match="searches with --seeds"):
        several_searches.search(settings(), tmp_path, [1])
    assert not searched.done
