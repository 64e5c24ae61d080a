"""The file of short trainings."""

import json

import pytest

from ednas_tf.analysis import trainings
from ednas_tf.space import published, spaces

SPACE = spaces.default("convolutional")
ONE = trainings.Training(
    *(
        published.published("darts_v2"),
        trainings.RANDOM,
        trainings.REPEAT,
        3,
        40,
    ),
    loss=1.25,
    reward=0.5,
    seconds=7.5,
)


def test_lines_are_read_as_they_were_written():
    found = trainings.from_lines(trainings.to_lines([ONE, ONE]), SPACE)
    assert found == [ONE, ONE]


@pytest.mark.parametrize(
    "change",
    [
        {"loss": float("nan")},
        {"loss": "1"},
        {"loss": None},
        {"reward": 1e40},
        {"steps": -1},
        {"steps": 0},
        {"steps": 1.5},
        {"seed": True},
        {"origin": "elsewhere"},
        {"purpose": ["rung"]},
        {"genotype": {}},
        {"more": 1},
    ],
)
def test_damaged_lines_are_refused_by_number(change):
    values = json.loads(trainings.to_lines([ONE])) | change
    text = trainings.to_lines([ONE]) + json.dumps(values)
    with pytest.raises(ValueError, match="^line 2: "):
        trainings.from_lines(text, SPACE)


@pytest.mark.parametrize("line", ["[", "[]", "7", "{" * 10**5, '{"a": 1}'])
def test_lines_of_something_else_are_refused(line):
    with pytest.raises(ValueError, match="^line 1: "):
        trainings.from_lines(line, SPACE)
