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
#: The largest number that a table may hold.
_LARGEST = 1e30


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
    rows = csv.DictReader(io.StringIO(text))
    return tuple(_candidate(i, row, space) for i, row in enumerate(rows, 1))


def _candidate(rank, row, space):
    if _number(row["rank"]) != rank:
        raise ValueError(f"expected rank {rank}, found {row['rank'][:20]}")
    genotype = Genotype.from_json(row["genotype"])
    genotype.validate(space)
    validation, log_prob = row["validation_reward"], row["log_prob"]
    return Candidate(
        sample=int(_number(row["sample"])),
        genotype=genotype,
        reward=_number(row["reward"]),
        validation_reward=_number(validation) if validation else None,
        log_prob=_number(log_prob) if log_prob else None,
    )


def _number(text):
    found = float(text)
    # Not nan either.
    if not abs(found) <= _LARGEST:
        raise ValueError(f"expected a finite number, found {found}")
    return found
