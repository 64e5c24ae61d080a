"""What is read of made-up searches, finished and under way."""

import numpy as np
import pytest

import ednas_tf
from ednas_tf import errors
from ednas_tf.analysis import trainings
from tests.analysis import histories, short_histories

SPACE = histories.SMALL


@pytest.mark.parametrize(
    "space", [SPACE, histories.RECURRENT, histories.UNEVEN]
)
def test_frames_of_every_space(tmp_path, space):
    directory = histories.write(tmp_path / "mine", space)
    found = ednas_tf.load(directory)
    assert found.finished and len(found.candidates) == 12
    assert found.genotype == found.candidates.genotype[0]
    history, edges = found.history, len(space.edges)
    cells = len(space.cell_types)
    assert history.operations.shape == (6 * cells * edges, len(space.ops))
    assert len(history.inputs) == 6 * cells * space.num_nodes
    for frame in (history.operations, history.inputs):
        np.testing.assert_allclose(frame.sum(axis=1), 1, rtol=1e-3)
    arrays = found.record.policies.arrays
    cell = space.cell_types[0]
    np.testing.assert_array_equal(
        history.operations.loc[3, cell].to_numpy(),
        arrays[f"probabilities/operations/{cell}"][3],
    )
    np.testing.assert_array_equal(
        history.rewards.loc[5], arrays["epoch/rewards"][4]
    )


@pytest.mark.parametrize("read", [ednas_tf.load, ednas_tf.load_history])
def test_a_search_is_read_with_its_plugins(tmp_path, read):
    """What only a plugin knows is unknown without it."""
    directory = histories.write(tmp_path / "mine", SPACE)
    file = tmp_path / "mine.py"
    file.write_text("raise RuntimeError('it was loaded')")
    with pytest.raises(errors.RequestError, match="it was loaded"):
        read(directory, plugin=file)


def test_effects_that_a_searcher_believes_in(tmp_path):
    directory = histories.write(tmp_path / "mine", SPACE, effects=True)
    history = ednas_tf.load_history(directory)
    assert history.effects.index.equals(history.operations.index)


def test_the_directory_of_a_whole_run(tmp_path):
    histories.write(tmp_path / "search", SPACE)
    found = ednas_tf.load(tmp_path)
    assert found.directory == tmp_path / "search"
    assert found.trained is None
    with pytest.raises(ValueError, match="train: expected a finished training"):
        found.export()


def test_a_search_under_way_has_its_most_likely_architecture(tmp_path):
    directory = histories.write(tmp_path / "mine", SPACE, 5, done=2)
    found = ednas_tf.load(directory)
    assert not found.finished and "not finished" in repr(found)
    assert found.candidates.columns.tolist() == [
        *("log_prob", "fingerprint", "genotype")
    ]
    assert len(found.candidates) == 1
    assert found.history.rewards.index.tolist() == [1, 2]


def test_short_trainings_rank_the_candidates(tmp_path):
    short_histories.write_short(tmp_path / "mine", SPACE)
    found = ednas_tf.load(tmp_path / "mine")
    candidates = found.candidates
    assert candidates.steps.tolist() == [200] * 4 + [100] * 4 + [50] * 8
    for _, rung in candidates.groupby("steps"):
        assert rung.loss.is_monotonic_increasing
    assert found.genotype == candidates.genotype[0]
    assert set(candidates.origin) == set(trainings.ORIGINS)
    assert found.history is None
    assert found.verdict.startswith("This search beat chance.")
    for call in (
        found.plot_policies,
        found.plot_progress,
        lambda: ednas_tf.load_history(found.directory),
    ):
        with pytest.raises(ValueError, match="decides by short trainings alon"):
            call()


def test_short_trainings_under_way(tmp_path):
    short_histories.write_short(tmp_path / "mine", SPACE, done=24)
    found = ednas_tf.load(tmp_path / "mine")
    assert not found.finished
    assert found.candidates.steps.tolist() == [100] * 4 + [50] * 12


def test_no_search_is_refused(tmp_path):
    for load in (ednas_tf.load, ednas_tf.load_history):
        with pytest.raises(ValueError, match="expected the directory of a se"):
            load(tmp_path / "none")
    with pytest.raises(ValueError, match="; give the model_dir of a search"):
        ednas_tf.load(tmp_path / "none")


def test_without_probabilities_there_are_shares_and_no_epoch_0(tmp_path):
    space = histories.SMALL
    directory = histories.write(tmp_path / "run", space, marginals=False)
    history = ednas_tf.load_history(directory)
    epochs = history.rewards.index.tolist()
    for frame in (history.operations, history.inputs):
        assert frame.index.levels[0].tolist() == epochs
    with np.load(directory / "policy.npz") as arrays:
        sampled = arrays["epoch/architectures"]
        edges = arrays["names/edges"].tolist()
    # The first node of the normal cell keeps both of its edges.
    chosen = sampled[1, :, 0, :, :2]
    ops = chosen[:, 1][chosen[:, 0] == 0]
    found = history.operations.loc[2, "normal"]
    assert found.index.tolist() == edges
    for op, name in enumerate(space.ops):
        assert found.loc["0->2", name] == pytest.approx((ops == op).mean())
