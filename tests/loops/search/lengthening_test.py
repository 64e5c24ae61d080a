import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.loops.search import lengthening
from ednas_tf.runs import checkpoints
from ednas_tf.settings import resolve
from tests import run_directories


def settings(overrides=""):
    constant = "search.epochs=1,search.optimizer.schedule=constant"
    return resolve.resolve("digits", [], f"{constant},{overrides}")


class Trainer:
    """A trainer whose whole state is its step."""

    def __init__(self, step):
        self.global_step = tf.Variable(step, dtype=tf.int64)

    def checkpoint(self):
        return tf.train.Checkpoint(global_step=self.global_step)


@pytest.fixture
def source(tmp_path):
    """A finished search of one epoch of 5 steps."""
    directory, chosen = tmp_path / "search", settings()
    with run_directories.opened(directory, chosen):
        checkpoints.Checkpoints(
            Trainer(5).checkpoint(),
            *(directory, 1),
            identity=f"settings {chosen.fingerprint()}",
        ).save(5)
    for name in ("policy.npz", "genotype.json"):
        (directory / name).write_text(name)
    return directory


def test_a_search_goes_on_in_a_folder_of_its_own(source):
    longer = lengthening.settings_of(source, 2)
    assert longer.search.epochs == 3
    target = lengthening.folder(source, 2)
    assert target == source / "more_2_epochs"
    target.mkdir()
    trainer = Trainer(0)
    lengthening.begin(trainer, source, target)
    assert int(trainer.global_step) == 5
    assert (target / "policy.npz").read_text() == "policy.npz"
    # A start that is killed here leaves history without a checkpoint.
    assert not lengthening.is_begun(target)
    lengthening.remove_copy(target)
    assert not list(target.iterdir())
    (target / "checkpoints").mkdir()
    (target / "checkpoints/ckpt-5.index").touch()
    assert lengthening.is_begun(target)


def test_the_checkpoint_of_another_search_is_refused(source, tmp_path):
    text = (source / "params.yaml").read_text()
    (source / "params.yaml").write_text(text.replace("seed: 0", "seed: 1"))
    with pytest.raises(errors.RunError, match="expected a checkpoint of this"):
        lengthening.begin(Trainer(0), source, tmp_path)


@pytest.mark.parametrize(
    "overrides, reason",
    [
        ("", ""),
        ("search.optimizer.schedule=step", ""),
        (
            "search.optimizer.schedule=cosine",
            "has fallen to 0.001 over its 1 e",
        ),
        ("search.evidence=both", "short trainings decide it"),
        ("search.hours=1", "its length was chosen to fit its hours"),
    ],
)
def test_what_cannot_be_lengthened_says_why(overrides, reason):
    found = lengthening.reason_against(settings(overrides))
    assert reason in found
    assert bool(reason) == bool(found)


def test_only_a_finished_search_is_lengthened(tmp_path):
    with pytest.raises(errors.RequestError, match="expected a finished search"):
        lengthening.settings_of(tmp_path, 1)
