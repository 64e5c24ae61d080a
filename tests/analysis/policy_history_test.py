import pathlib

import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.analysis import policy_history


def history(file):
    return policy_history.PolicyHistory(file, pathlib.Path.write_bytes)


def row(epoch):
    policies = {"probabilities/a": np.array([epoch, epoch + 0.5])}
    if epoch == 0:
        return policies
    return policies | {"epoch/counts": np.array([[10 * epoch]])}


@pytest.fixture
def file(tmp_path):
    """The start and three epochs."""
    written = history(tmp_path / "policy.npz")
    for epoch in range(4):
        written.add(row(epoch))
    return written.file


def read(file):
    with np.load(file) as arrays:
        return {name: arrays[name].tolist() for name in arrays}


def test_policies_have_a_row_for_the_start_and_counts_have_none(file):
    assert read(file) == {
        "probabilities/a": [[0, 0.5], [1, 1.5], [2, 2.5], [3, 3.5]],
        "epoch/counts": [[[10]], [[20]], [[30]]],
    }


def test_the_file_is_written_with_every_row(tmp_path):
    contents = []
    written = policy_history.PolicyHistory(
        tmp_path, lambda _, content: contents.append(content)
    )
    for epoch in range(3):
        written.add({"baseline": np.float32(epoch)})
    assert len(contents) == 3
    assert not any(tmp_path.iterdir())


def test_what_is_not_kept_any_more_is_dropped(file):
    again = history(file)
    again.go_on(3)
    again.add({"epoch/counts": np.array([[40]])})
    assert read(file) == {"epoch/counts": [[[10]], [[20]], [[30]], [[40]]]}


def test_going_on_drops_what_came_after(file):
    again = history(file)
    again.go_on(1)
    again.add(row(7))

    assert read(file) == {
        "probabilities/a": [[0, 0.5], [1, 1.5], [7, 7.5]],
        "epoch/counts": [[[10]], [[70]]],
    }


def test_going_on_keeps_all_of_a_complete_file(file):
    again = history(file)
    again.go_on(3)
    assert [len(rows) for rows in again.arrays.values()] == [4, 3]


def test_too_few_rows(file):
    with pytest.raises(errors.RunError) as raised:
        history(file).go_on(4)
    assert str(raised.value) == (
        f"{file}: probabilities/a: expected 5 rows, found 4; "
        "start again in a new --model_dir"
    )


def test_going_on_before_the_first_epoch_with_nothing_to_keep(tmp_path):
    written = history(tmp_path / "policy.npz")
    written.add({})
    again = history(written.file)
    again.go_on(0)
    again.add({"epoch/counts": np.array([[10]])})
    assert read(written.file) == {"epoch/counts": [[[10]]]}


@pytest.mark.parametrize("damage", [None, b"", b"PK\3\4 not a zip", b"abc"])
def test_a_missing_or_damaged_file(tmp_path, damage):
    file = tmp_path / "policy.npz"
    if damage is not None:
        file.write_bytes(damage)
    with pytest.raises(errors.RunError) as raised:
        history(file).go_on(2)
    assert str(raised.value) == (
        f"{file}: expected the history of 2 epochs, found no such file, or "
        "a damaged one; start again in a new --model_dir"
    )


def test_damage_anywhere_is_refused_or_does_not_matter(file):
    whole, content = read(file), file.read_bytes()
    refused = 0
    for place in range(0, len(content) - 8, 8):
        damaged = content[:place] + bytes(8) + content[place + 8 :]
        file.write_bytes(damaged)
        found = history(file)
        try:
            found.go_on(3)
        except errors.RunError:
            refused += 1
        else:
            arrays = {k: v.tolist() for k, v in found.arrays.items()}
            assert arrays == whole
    assert refused > 30
