"""Which words a batch holds: every word here has a place of its own."""

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.data.text import text_data
from ednas_tf.settings import resolve
from ednas_tf.tasks.text_batches import TextBatches

#: The words of the training, validation and test text; number 0 is <eos>.
TRAIN, VALID, TEST = (
    np.arange(*limits, dtype=np.int32)
    for limits in ((1, 401), (401, 601), (601, 701))
)


def batches(**changes):
    settings = resolve.resolve("penn_treebank")
    small = {"hidden": 4, "bptt": 5}
    settings.override(
        {
            "search": {"language_model": small, "batch_size": 2},
            "policy": {"batch_size": 2, "context": 3},
            "train": {"language_model": small, "batch_size": 2},
        }
    )
    settings.override(changes)
    words = ("<eos>", *(f"word{i}" for i in range(699)), "<unk>")
    corpus = text_data.Corpus("numbered", TRAIN, VALID, TEST, words)
    return TextBatches(settings, corpus)


def read(dataset, steps, *parts):
    """All words in the parts with these numbers of a number of batches."""
    found = set()
    for batch in dataset.take(steps):
        for part in (batch[i] for i in parts):
            found |= set(part.numpy().ravel().tolist())
    return found


STRATEGY = tf.distribute.get_strategy()


def test_weights_are_trained_on_the_training_text_alone():
    made = batches()
    for kind in ("child", "train"):
        steps = made.training_steps(kind, 1)
        words = read(made.training(STRATEGY, kind, 0), steps, 0, 1)
        # The last word of each half of the text has no word after it.
        assert words <= set(TRAIN.tolist())
        assert len(words) >= 395


def test_rewards_are_those_of_the_validation_text_alone():
    made = batches()
    steps = made.scoring_steps(1)
    for purpose in ("policy", "candidates"):
        windows = made.scoring(STRATEGY, purpose, 0)
        predicted = read(windows, steps, 1)
        assert predicted <= set(VALID.tolist())
        assert len(predicted) == steps * made.words("policy")
        assert read(windows, steps, 0, 1) <= {0, *VALID.tolist()}


def test_an_evaluation_reads_all_words_of_one_text_in_order():
    made = batches()
    for test, text in ((False, VALID), (True, TEST)):
        counted = []
        for _, targets, counts in made.evaluation(STRATEGY, test, 1):
            targets, counts = targets.numpy()[:, 0], counts.numpy()[:, 0]
            counted += targets[counts > 0].tolist()
        assert counted == text.tolist()


def test_batches_larger_than_the_text_are_refused_with_a_remedy():
    def refused(call, **changes):
        with pytest.raises(errors.RequestError) as raised:
            call(batches(**changes))
        return str(raised.value)

    # A column of 400 words in 201 texts has no word to predict.
    assert refused(
        lambda made: made.training_steps("train", 1), train={"batch_size": 201}
    ) == (
        "train.batch_size: expected at most 200 for a text of 400 words, found "
        "201; set train.batch_size=0, and a size is chosen"
    )
    # A window has 5 words after the first one.
    assert refused(
        lambda made: made.scoring_steps(1), policy={"batch_size": 34}
    ) == (
        "policy.batch_size: expected at most 33 for a text of 200 words, found "
        "34; set policy.batch_size=0, and a size is chosen"
    )
    assert refused(
        lambda made: made.scoring_steps(34), policy={"batch_size": 34}
    ) == (
        "policy.batch_size: expected a text of at least 204 words, found 200; "
        "give a longer text"
    )
