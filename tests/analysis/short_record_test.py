"""Directories of searches that decide by short trainings, as they are read."""

import json

import pytest

from ednas_tf import errors
from ednas_tf.analysis import chance, run_record, trainings
from ednas_tf.settings import plain_yaml
from tests.analysis import histories, short_histories

SPACE = histories.SMALL


def read(directory):
    return run_record.read(directory, plain_yaml.parse)


@pytest.fixture
def directory(tmp_path):
    return short_histories.write_short(tmp_path / "mine", SPACE)


def refused(directory, match):
    with pytest.raises(errors.RequestError, match=match) as raised:
        read(directory)
    assert "\n" not in str(raised.value)


def test_a_search_without_shared_weights_has_no_policies(directory):
    found = read(directory)
    assert found.policies is None and found.candidates == ()
    assert found.space == SPACE
    assert found.searcher == "thompson"
    assert found.decides_by_trainings
    assert found.trainings == tuple(short_histories.trainings_of(SPACE))
    assert found.verdict == chance.checked(found.verdict)
    (result,) = {
        each.genotype
        for each in found.trainings
        if each.purpose == trainings.CONFIRMATION
    }
    assert found.found == result


def test_a_search_with_both_has_policies_too(tmp_path):
    found = read(short_histories.write_both(tmp_path / "mine", SPACE))
    assert found.policies.epochs == found.planned == 5
    assert found.searcher == "ednas"
    assert len(found.candidates) == 12 and len(found.trainings) == 42
    assert found.found != found.candidates[0].genotype


@pytest.mark.parametrize("done", [1, 20])
def test_a_search_under_way_has_no_verdict(tmp_path, done):
    directory = short_histories.write_short(tmp_path / "mine", SPACE, done)
    found = read(directory)
    assert len(found.trainings) == done
    assert found.verdict is None and found.found is None


def test_shared_weights_alone_leave_no_trainings(tmp_path):
    found = read(histories.write(tmp_path / "mine", SPACE))
    assert found.trainings == () and found.verdict is None
    assert not found.decides_by_trainings


def test_before_its_first_training_ends_a_search_is_refused(directory):
    (directory / "trainings.jsonl").unlink()
    refused(directory, "a training, or of a search that has lost its train")
    (directory / "trainings.jsonl").write_text("")
    (directory / "genotype.json").unlink()
    refused(
        directory, "no trainings.jsonl yet; if the search was stopped, start"
    )


def test_a_result_without_its_verdict_is_refused(directory):
    (directory / "verdict.json").unlink()
    refused(directory, "expected verdict.json beside genotype.json, found none")


@pytest.mark.parametrize(
    "name, content",
    [
        ("trainings.jsonl", "nonsense"),
        ("trainings.jsonl", "{}"),
        ("trainings.jsonl", "[" * 10**5),
        ("trainings.jsonl", '{"loss": ' + "9" * 5000 + "}"),
        ("verdict.json", "nonsense"),
        ("verdict.json", "[]"),
        ("verdict.json", '{"gain": 1}'),
        ("verdict.json", "[" * 10**5),
    ],
)
def test_damaged_files_are_named(directory, name, content):
    (directory / name).write_text(content)
    refused(directory, f"^{directory / name}: expected ")


def test_a_training_of_another_space_is_refused(directory):
    other = short_histories.trainings_of(histories.RECURRENT)
    lines = trainings.to_lines(other)
    (directory / "trainings.jsonl").write_text(lines)
    refused(directory, "trainings.jsonl: .* line 1: ")


def test_trainings_begin_with_the_first_rung(directory):
    found = short_histories.trainings_of(SPACE)[::-1]
    (directory / "trainings.jsonl").write_text(trainings.to_lines(found))
    refused(directory, "line 1: expected a training of the first rung")


def test_a_verdict_of_no_numbers_is_refused(directory):
    file = directory / "verdict.json"
    values = json.loads(file.read_text()) | {"low": None}
    file.write_text(json.dumps(values))
    refused(directory, "verdict.json: .*: verdict: low: expected a number")
