import dataclasses

import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.analysis import run_record, truth, verdict
from ednas_tf.settings import plain_yaml
from ednas_tf.space import spaces
from tests.analysis import histories
from tests.data import bench_tables

SPACE = spaces.default("nas_bench_201")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return bench_tables.write(tmp_path_factory.mktemp("table"))


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """A search of the space with shared weights, by its files."""
    directory = tmp_path_factory.mktemp("runs") / "search"
    return read(histories.write(directory, SPACE))


def read(directory):
    return run_record.read(directory, plain_yaml.parse)


def in_table(record, folder):
    """The same record, as if it were of a search in the table."""
    settings = {
        **record.settings,
        "task": "table",
        "table": {"epochs": 12},
        "runtime": {"data_dir": str(folder)},
    }
    return dataclasses.replace(record, settings=settings)


def test_the_true_effect_of_a_choice_is_a_difference_of_means(record, folder):
    known = truth.of(record, folder)
    effects = {each.name: each for each in known.effects()}
    assert len(effects) == 6 * 5
    # All edges add up, so that an operation's effect is what it is worth, less
    # the mean of the four others.
    worth = bench_tables.WORTH
    for i, name in enumerate(bench_tables.NAMES):
        found = effects[f"0->3 {name.replace('_', ' ')}"]
        expected = worth[i] - np.delete(worth, i).mean()
        assert 100 * found.true == pytest.approx(expected)
        assert found.op == name
    shares = record.policies.operations("normal")[-1]
    assert [e.share for e in known.effects()] == shares.reshape(-1).tolist()


def test_a_space_of_fewer_operations(tmp_path, folder):
    space = spaces.make("nas_bench_201", 0, ("nor_conv_3x3", "none"))
    directory = histories.write(tmp_path / "search", space)
    effects = truth.of(read(directory), folder).effects()
    values = [round(100 * each.true, 6) for each in effects]
    assert values == [8.0, -8.0] * 6


@pytest.mark.parametrize("count", [1, 7, 30])
def test_a_search_in_the_table_against_random_ones(record, folder, count):
    known = truth.of(in_table(record, folder), None)
    budget = float(known.spent[count - 1])
    settings = known.record.settings
    settings = settings | {"table": {"epochs": 12, "seconds": budget}}
    known = truth.of(dataclasses.replace(record, settings=settings), None)
    rewards = known.table.validation[12]
    values, many = np.unique(rewards, return_counts=True)
    share = np.cumsum(many) / many.sum()
    before = np.r_[0, share[:-1]]
    mean = (values * (share**count - before**count)).sum()
    ops = record.policies.architectures[:, :, 0, 1].reshape(-1, 6)[:count]
    best = bench_tables.WORTH[ops].sum(-1).max() / 100 + 0.3
    reached = 1 - (rewards < best - 1e-9).mean() ** count

    text = known.against_random()
    assert f"best of {count} random architectures has a reward of" in text
    assert f"reward of {mean:.4f} on average" in text
    assert f"looked up {best:.4f}. " in text and f"{reached:.1%} find" in text
    assert f"spent {budget:,.0f} of {budget:,.0f} simulated seconds, on " in (
        " ".join(known.sentences())
    )
    assert verdict.verdict([known.record], known) == [text]


def test_shared_weights_are_not_compared_by_the_table(record, folder):
    known = truth.of(record, folder)
    assert known.against_random() == ""
    (text,) = verdict.verdict([record], known)
    assert text.startswith("Not known")


def test_regret_of_shared_weights_is_by_the_epoch(record, folder):
    known = truth.of(record, folder)
    means, best = known.regret()
    policies = record.policies
    worth = bench_tables.WORTH[policies.architectures[:, :, 0, 1]].sum(-1)
    lost = (48 - worth) / 100
    np.testing.assert_allclose(means, lost.mean(-1))
    count = policies.rewards.shape[1]
    for epoch, rewards in enumerate(policies.rewards):
        for i in range(count):
            expected = lost[epoch, : i + 1][np.argmax(rewards[: i + 1])]
            assert best[epoch * count + i] == pytest.approx(expected)
    assert known.spent is None


def test_regret_in_the_table_is_that_of_the_best_so_far(record, folder):
    known = truth.of(in_table(record, folder), None)
    _, best = known.regret()
    rewards = record.policies.rewards.reshape(-1)
    worth = bench_tables.WORTH[record.policies.architectures[:, :, 0, 1]]
    lost = (48 - worth.sum(-1).reshape(-1)) / 100
    for i in range(len(rewards)):
        expected = lost[: i + 1][np.argmax(rewards[: i + 1])]
        assert best[i] == pytest.approx(expected)
    seconds = 1000 + bench_tables.SECONDS[
        record.policies.architectures[:, :, 0, 1]
    ].sum(-1).reshape(-1)
    np.testing.assert_allclose(known.spent, np.cumsum(seconds * 12 / 200))


def test_the_rank_of_what_was_found(record, folder):
    sentences = list(truth.of(record, folder).sentences())
    nodes = record.found.cells["normal"].nodes
    worth = dict(zip(bench_tables.NAMES, bench_tables.WORTH, strict=True))
    points = sum(worth[edge.op] for node in nodes for edge in node)
    every = bench_tables.WORTH[bench_tables.arrays()["ops"]].sum(-1)
    rank = 1 + (every > points + 1e-9).sum()
    assert f"test accuracy of {(points + 41) / 100:.2%} after" in sentences[0]
    assert f"rank {rank:,} of 15,625" in sentences[0]
    assert "the best architecture has 89.00%" in sentences[0]
    assert sum("tau = " in each for each in sentences) == 2


def test_the_truth_is_not_known(record, folder, tmp_path, capsys):
    assert truth.of(record, None) is None
    assert truth.of(in_table(record, tmp_path / "gone"), None) is None
    assert "without the truth" in capsys.readouterr().err


def test_another_space_or_table_is_refused(record, tmp_path, folder):
    other = read(histories.write(tmp_path / "other", histories.SMALL))
    with pytest.raises(errors.RequestError, match="--table_dir: expected a se"):
        truth.of(other, folder)
    with pytest.raises(errors.RequestError, match="expected cifar10.npz in"):
        truth.of(record, tmp_path)
    names = np.array([f"op_{name}" for name in bench_tables.NAMES])
    bench_tables.write(tmp_path / "names", op_names=names)
    with pytest.raises(errors.RequestError, match="expected the operations of"):
        truth.of(record, tmp_path / "names")


def test_what_a_searcher_believes_stands_beside_the_truth(tmp_path, folder):
    mine = read(histories.write(tmp_path / "mine", SPACE, effects=True))
    known = truth.of(mine, folder)
    name = "effects/operations/normal"
    believed = mine.policies.arrays[name][-1].reshape(-1)
    errors_ = mine.policies.arrays["effect_errors/operations/normal"][-1]
    effects = known.effects()
    np.testing.assert_allclose([e.belief for e in effects], believed)
    value, low, high = effects[7].seen()
    assert value == pytest.approx(believed[7])
    reach = 1.96 * errors_.reshape(-1)[7]
    assert (low, high) == pytest.approx((value - reach, value + reach))
    assert "the searcher believes in with tau" in list(known.sentences())[-1]


def test_without_beliefs_the_difference_in_reward_is_what_is_known(
    record, folder
):
    (first, *_) = truth.of(record, folder).effects()
    assert first.belief is None
    gain = first.gain
    np.testing.assert_equal(first.seen(), (gain.value, gain.low, gain.high))
