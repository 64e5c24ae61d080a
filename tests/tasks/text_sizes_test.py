import numpy as np
import pytest

from ednas_tf.data.text import text_data
from ednas_tf.settings import resolve
from ednas_tf.tasks import text_sizes
from ednas_tf.tasks.text_batches import TextBatches


def corpus(train, valid):
    texts = (np.zeros(count, np.int32) for count in (train, valid, 9))
    return text_data.Corpus("mine", *texts, ("<eos>",))


@pytest.mark.parametrize(
    "train, valid, devices, sizes",
    [
        # Penn Treebank: the paper's sizes.
        (929_589, 73_760, 1, (256, 256, 64)),
        # 8 windows of 35 words and a first word: 281 words in each column.
        (281 * 32, 36 * 16, 1, (32, 16, 32)),
        (281 * 32 - 1, 36 * 16 - 1, 1, (16, 8, 16)),
        (281 * 32, 36 * 16, 3, (24, 12, 24)),
        (100, 40, 1, (1, 1, 1)),
    ],
)
def test_a_pass_has_whole_windows(train, valid, devices, sizes):
    settings, data = resolve.resolve("text"), corpus(train, valid)
    names = [f"{name}.batch_size" for name in ("search", "policy", "train")]
    chosen = text_sizes.settle(settings, data, devices)
    assert chosen == dict(zip(names, sizes, strict=True))
    assert settings.policy.batch_size == sizes[1]
    batches = TextBatches(settings, data)
    assert batches.training_steps("child", devices) >= 1
    assert batches.training_steps("train", devices) >= 1
    assert batches.scoring_steps(devices) >= 1


def test_given_sizes_are_kept():
    settings = resolve.resolve("penn_treebank")
    assert text_sizes.settle(settings, corpus(100, 100), 1) == {}
    assert settings.search.batch_size == 256
