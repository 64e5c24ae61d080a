import numpy as np
import pytest

from ednas_tf import errors, tasks
from ednas_tf.settings import resolve
from ednas_tf.space import nas_bench_text, published
from tests.data import bench_tables

BEST = (
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+"
    "|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return bench_tables.write(tmp_path_factory.mktemp("table"))


def settings(folder, overrides=""):
    return resolve.resolve(
        "nas_bench_201", [], f"runtime.data_dir={folder},{overrides}"
    )


def packed(*ops):
    """Architectures [1, evaluations, 1, 2, 6], as in a history."""
    ops = np.array(ops, np.int8)
    return np.stack([np.zeros_like(ops), ops], 1)[None, :, None]


def test_look_ups_within_the_budget(folder):
    task = tasks.make(settings(folder, "table.seconds=400"))
    # They cost 60, 204 and 60 seconds.
    looked_up = packed([0] * 6, [3] * 6, [0] * 6, [3] * 6, [0] * 6)
    assert task.within_budget(looked_up).tolist() == [True] * 3 + [False] * 2


def test_fewer_operations_can_be_searched(folder):
    ops = "search.space.ops=[nor_conv_3x3,none]"
    task = tasks.make(settings(folder, ops))
    assert task.codes(packed([0] * 6, [1] * 6)).tolist() == [[11718, 0]]


def test_rewards_are_what_the_settings_say(folder):
    row = 11718
    plain = tasks.make(settings(folder))
    assert plain.rewards[row] == pytest.approx(0.78)
    assert plain.seconds[row] == pytest.approx(204)
    full = tasks.make(
        settings(folder, "table.epochs=200,table.run=2,table.seconds=1e4")
    )
    full.check_search()
    assert full.rewards[row] == pytest.approx(0.89)
    assert full.seconds[row] == pytest.approx(3400)


def test_what_is_known_of_a_result(folder):
    task = tasks.make(settings(folder))
    assert task.describe_result(nas_bench_text.read(BEST)) == (
        "in the table: after 200 epochs validation accuracy 88.00%, test "
        "accuracy 89.00%, which is rank 1 of 15,625 (the best has 89.00%)"
    )
    kind = tasks.kind("table")
    known, counts = kind.summarize(settings(folder), nas_bench_text.read(BEST))
    assert known["rank"] == 1
    assert known["test_accuracy"] == pytest.approx(0.89)
    assert counts.parameters == 73306 + 6 * 243040


@pytest.mark.parametrize(
    "overrides, message",
    [
        ("table.seconds=203", "table.seconds: expected at least 204, .*raise"),
        ("table.run=1", "table.run: expected 0 for trainings of 12 epochs"),
        ("search.child_steps=3", "search.child_steps: expected 0"),
        ("search.evidence=short", "search.evidence: expected shared"),
    ],
)
def test_searches_that_cannot_be(folder, overrides, message):
    task = tasks.make(settings(folder, overrides))
    with pytest.raises(errors.RequestError, match=message):
        task.check_search()


@pytest.mark.parametrize(
    "overrides, message",
    [
        ("search.space.name=convolutional", "expected nas_bench_201, whose"),
        ("search.space.nodes=2", "search.space.nodes: expected 3, as in"),
        ("search.space.ops=[sep_conv_3x3]", "expected the operation 'sep_conv"),
    ],
)
def test_spaces_that_the_table_does_not_have(folder, overrides, message):
    with pytest.raises(errors.RequestError, match=message):
        tasks.make(settings(folder, overrides))


@pytest.mark.parametrize("value", ["13", "mean", "0"])
def test_other_epochs_are_no_setting(value):
    with pytest.raises(errors.RequestError, match="table.epochs: "):
        resolve.resolve("nas_bench_201", [], f"table.epochs={value}")


def test_nothing_can_be_trained(folder):
    with pytest.raises(errors.RequestError, match="data set of images"):
        tasks.make(settings(folder)).check_train()


def test_another_space_has_no_row(folder):
    with pytest.raises(errors.RequestError, match="space: expected"):
        tasks.kind("table").summarize(
            settings(folder), published.published("darts_v2")
        )
