import json

import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.analysis import run_record
from ednas_tf.settings import plain_yaml
from tests.analysis import histories

SPACE = histories.SMALL


def read(directory):
    return run_record.read(directory, plain_yaml.parse)


@pytest.fixture
def directory(tmp_path):
    return histories.write(tmp_path / "mine", SPACE)


def refused(directory, match):
    with pytest.raises(errors.RequestError, match=match) as raised:
        read(directory)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("marginals", [True, False])
@pytest.mark.parametrize(
    "space", [SPACE, histories.RECURRENT, histories.UNEVEN]
)
def test_all_of_a_finished_search(tmp_path, space, marginals):
    directory = tmp_path / "mine"
    found = read(histories.write(directory, space, marginals=marginals))
    assert found.policies.has_probabilities == marginals
    assert (found.candidates[0].log_prob is None) == (not marginals)
    assert found.name == "mine"
    assert (found.planned, found.policies.epochs) == (5, 5)
    assert found.policies.space == space
    assert len(found.candidates) == 12
    assert found.found == found.candidates[0].genotype
    assert found.setting("search.searcher") == "ednas"
    assert found.setting("search.nothing", 3) == 3
    assert found.result is None


def test_a_search_under_way_has_found_nothing_yet(tmp_path):
    found = read(histories.write(tmp_path / "mine", SPACE, 5, done=2))
    assert found.policies.epochs == 2
    assert found.candidates == () and found.found is None


def test_the_training_of_what_was_found_counts(directory):
    fingerprint = read(directory).found.fingerprint()
    (directory / "train").mkdir()
    file = directory / "train" / "result.json"
    for name, expected in ((fingerprint, 0.9), ("another", None)):
        result = {"test_accuracy": 0.9, "genotype_fingerprint": name}
        file.write_text(json.dumps(result))
        result = read(directory).result
        assert (result and result["test_accuracy"]) == expected


def test_nothing_is_there(tmp_path):
    refused(tmp_path / "none", "expected the directory of a search, found noth")
    (tmp_path / "file").touch()
    refused(tmp_path / "file", "found a file; give the --model_dir")
    refused(tmp_path, "found no params.yaml in it")


def test_no_epoch_yet(tmp_path):
    directory = histories.write(tmp_path / "mine", SPACE, 5, done=1)
    arrays = histories.arrays(SPACE, 1)
    none = {
        name: value[:0] if name.startswith("epoch/") else value[:1]
        for name, value in arrays.items()
    }
    histories.save(directory, SPACE, none)
    refused(directory, "found 0; if the search was stopped, start it again")


def test_more_epochs_than_planned(tmp_path):
    directory = histories.write(tmp_path / "mine", SPACE, 5, done=6)
    refused(directory, "expected 1 to 5 epochs, .* found 6")


@pytest.mark.parametrize(
    "name, content, match",
    [
        ("params.yaml", "search: 5", "search.epochs: expected the setting of"),
        ("params.yaml", "- 1", "expected settings, found"),
        ("params.yaml", "a: &x 1", "not YAML: line 1"),
        ("policy.npz", "no zip", "found a damaged file"),
        (
            "candidates.csv",
            "rank,reward\n1,2\n",
            "expected a row for each",
        ),
        ("genotype.json", "{}", "genotype.json: .*'version'"),
        ("starts.json", "[1]", "expected the starts of a run"),
    ],
)
def test_damaged_files(directory, name, content, match):
    (directory / name).write_text(content)
    refused(directory, match)


@pytest.mark.parametrize(
    "name, match",
    [
        ("params.yaml", "found no params.yaml in it"),
        (
            "policy.npz",
            "a training, or of a search that has lost its policy.npz",
        ),
        ("candidates.csv", "expected candidates.csv beside genotype.json"),
    ],
)
def test_half_a_run(directory, name, match):
    (directory / name).unlink()
    refused(directory, match)


def test_a_history_of_other_settings(directory):
    other = histories.arrays(histories.CONVOLUTIONAL, 5)
    histories.save(directory, histories.CONVOLUTIONAL, other)
    refused(directory, "expected rows of shape .* for the space in params.yaml")


@pytest.mark.parametrize(
    "version, match",
    [
        (None, "history without a version: an older version of ednas_tf wrote"),
        (3, "version: expected 2, found 3: another version of ednas_tf wrote"),
    ],
)
def test_a_history_of_another_version(directory, version, match):
    arrays = dict(np.load(directory / "policy.npz"))
    del arrays["version"]
    if version:
        arrays["version"] = np.array(version)
    np.savez(directory / "policy.npz", **arrays)
    refused(directory, match)


def test_settings_of_an_older_version_name_no_space(directory):
    file = directory / "params.yaml"
    file.write_text(file.read_text().replace("name: convolutional", ""))
    refused(directory, "search.space.name: .* an older version of ednas_tf")


def test_a_space_that_is_not_known(directory):
    file = directory / "params.yaml"
    file.write_text(file.read_text().replace(": convolutional", ": cubic"))
    refused(directory, "search.space: unknown space 'cubic'")


def spoil(directory, name, change):
    """Replaces one array of the history."""
    arrays = dict(np.load(directory / "policy.npz"))
    arrays[name] = change(arrays[name])
    np.savez(directory / "policy.npz", **arrays)


@pytest.mark.parametrize(
    "name, change",
    [
        ("epoch/counts", lambda a: np.array(3)),
        ("epoch/counts", lambda a: a - 10**6),
        ("epoch/counts", lambda a: a + 0.5),
        ("epoch/rewards", lambda a: a[:, :0]),
        ("epoch/rewards", lambda a: a * np.nan),
        ("epoch/rewards", lambda a: a.astype(float) * 0 + 1e300),
        ("epoch/architectures", lambda a: a + 100),
        ("epoch/architectures", lambda a: a - 100),
        ("probabilities/operations/normal", lambda a: a * 0),
        ("probabilities/operations/normal", lambda a: -a),
        ("baseline", lambda a: a[:-1]),
    ],
)
def test_values_that_no_search_writes_are_refused(directory, name, change):
    spoil(directory, name, change)
    refused(directory, f"^{directory / 'policy.npz'}: ")


@pytest.mark.parametrize(
    "result",
    [
        {"test_accuracy": "high", "test_images": 360},
        {"test_accuracy": 1.5, "test_images": 360},
        {"test_accuracy": 0.5, "test_images": 0},
        {"test_accuracy": 0.5, "test_images": 10**39},
        {"test_accuracy": float("nan"), "test_images": 360},
        {"test_accuracy": 0.5, "parameters": "many"},
        {"test_perplexity": True},
        {"deep": "[" * 9},
    ],
)
def test_a_result_that_no_training_writes_is_refused(directory, result):
    found = {"genotype_fingerprint": read(directory).found.fingerprint()}
    (directory / "train").mkdir()
    file = directory / "train" / "result.json"
    text = json.dumps(found | result)
    file.write_text(text.replace('"[[[[[[[[["', "[" * 100_000))
    refused(directory, f"^{file}: ")


def test_a_table_of_candidates_that_no_search_writes_is_refused(directory):
    file = directory / "candidates.csv"
    whole = file.read_text()
    lines = whole.splitlines()
    rank, rest = lines[1].split(",", 1)
    for spoilt in (
        whole.rstrip() + "x" * 200_000,
        whole.replace(f"\n{rank},{rest}", f"\n{'9' * 4000},{rest}"),
        whole.replace(f"\n{rank},", "\nnan,"),
    ):
        assert spoilt != whole
        file.write_text(spoilt)
        refused(directory, f"^{file}: ")


@pytest.mark.parametrize("epochs", ["9" * 4000, "-3", "0", "true", "1.5"])
def test_a_number_of_epochs_that_no_search_has_is_refused(directory, epochs):
    file = directory / "params.yaml"
    text = file.read_text()
    file.write_text(text.replace("epochs: 5", f"epochs: {epochs}"))
    assert file.read_text() != text
    refused(directory, f"^{file}: ")
