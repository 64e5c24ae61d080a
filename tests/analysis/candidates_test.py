import csv
import io
import json

import pytest

from ednas_tf import errors
from ednas_tf.analysis import candidates
from ednas_tf.analysis.candidates import Candidate
from ednas_tf.space import convolutional
from ednas_tf.space.genotype import Genotype

SPACE = convolutional.convolutional(2, ("skip_connect", "max_pool_3x3"))


def genotype(first_op):
    cell = [[0, 1], [1, 2]], [[first_op, 1], [0, 1]]
    return Genotype.from_choices(SPACE, dict.fromkeys(SPACE.cell_types, cell))


#: As a search leaves them: two of three were scored once more.
CANDIDATES = [
    Candidate(2, genotype(0), 0.25, 0.5, -1.25),
    Candidate(0, genotype(1), 1 / 3, 0.25, -0.5),
    Candidate(1, genotype(0), 0.125, None, -1.25),
]


def test_the_table():
    text = candidates.to_csv(CANDIDATES)
    rows = list(csv.DictReader(io.StringIO(text)))

    assert text.splitlines()[0] == (
        "rank,reward,validation_reward,log_prob,sample,"
        "genotype_fingerprint,genotype"
    )
    assert text.count("\n") == 4 and "\r" not in text
    assert [row["rank"] for row in rows] == list("123")
    for row, candidate in zip(rows, CANDIDATES, strict=True):
        assert float(row["reward"]) == candidate.reward
        assert float(row["log_prob"]) == candidate.log_prob
        assert int(row["sample"]) == candidate.sample
        found = Genotype.from_json(row["genotype"])
        assert found == candidate.genotype
        assert row["genotype_fingerprint"] == found.fingerprint()
        assert json.loads(row["genotype"])["space"] == "convolutional"
    validation = [row["validation_reward"] for row in rows]
    assert validation == ["0.5", "0.25", ""]


def test_the_table_reads_back():
    text = candidates.to_csv(CANDIDATES)
    assert candidates.from_csv(text, SPACE) == tuple(CANDIDATES)


def test_a_searcher_without_probabilities_leaves_their_column_empty():
    without = [Candidate(0, genotype(1), 0.5)]
    text = candidates.to_csv(without)

    assert text.splitlines()[1].startswith("1,0.5,,,0,")
    assert candidates.from_csv(text, SPACE) == tuple(without)


@pytest.mark.parametrize(
    "text", ["rank,reward\n1,0.5\n", "genotype\n{}\n", "genotype\n\n1\n"]
)
def test_another_table_is_refused(text):
    expected = KeyError, TypeError, ValueError, errors.RequestError
    with pytest.raises(expected):
        candidates.from_csv(text, SPACE)


def test_candidates_of_another_space_are_refused():
    other = convolutional.convolutional(3, SPACE.ops)
    with pytest.raises(errors.RequestError, match="expected 3 nodes, found 2"):
        candidates.from_csv(candidates.to_csv(CANDIDATES), other)
