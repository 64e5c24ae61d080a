"""The candidates of a search: the architectures its result is chosen from."""

import csv
import dataclasses
import io
import json
from collections.abc import Sequence

from ednas_tf.space.cell_space import CellSpace
from ednas_tf.space.genotype import Genotype

_COLUMNS = (
    *("rank", "reward", "validation_reward", "log_prob", "sample"),
    *("genotype_fingerprint", "genotype"),
)


@dataclasses.dataclass
class Candidate:
    """One architecture that the result of a search was chosen from.

    Attributes:
      sample: its number in the order in which candidates were proposed, from
        0 on.
      genotype: the architecture.
      reward: its reward on the minibatch that all candidates share.
      validation_reward: its reward on all validation minibatches; None if it
        was not scored on them.
      log_prob: log P(m) under the last policies; None if the searcher reports
        no probabilities.
    """

    sample: int
    genotype: Genotype
    reward: float
    validation_reward: float | None = None
    log_prob: float | None = None


def to_csv(candidates: Sequence[Candidate]) -> str:
    """A table with a row for each candidate, the best first.

    What is None leaves its column empty.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for rank, candidate in enumerate(candidates, 1):
        rows.writerow(
            [
                rank,
                candidate.reward,
                candidate.validation_reward,
                candidate.log_prob,
                candidate.sample,
                candidate.genotype.fingerprint(),
                json.dumps(json.loads(candidate.genotype.to_json())),
            ]
        )
    return text.getvalue()


def from_csv(text: str, space: CellSpace) -> tuple[Candidate, ...]:
    """The inverse of `to_csv`.

    Args:
      text: the table.
      space: the space that all candidates must belong to.

    Raises:
      KeyError, TypeError, ValueError: the text is no such table.
    """
    return tuple(
        _candidate(row, space) for row in csv.DictReader(io.StringIO(text))
    )


def _candidate(row, space):
    genotype = Genotype.from_json(row["genotype"])
    genotype.validate(space)
    validation, log_prob = row["validation_reward"], row["log_prob"]
    return Candidate(
        sample=int(row["sample"]),
        genotype=genotype,
        reward=float(row["reward"]),
        validation_reward=float(validation) if validation else None,
        log_prob=float(log_prob) if log_prob else None,
    )
