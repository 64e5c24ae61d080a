"""The architectures that a search found, the best first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ednas_tf.analysis import policy_reading, scores, short_rungs
from ednas_tf.analysis.run_record import RunRecord
from ednas_tf.space.genotype import Genotype

if TYPE_CHECKING:
    import pandas as pd


def ranked(record: RunRecord) -> list[dict[str, object]]:
    """The architectures of a search with what is known of each, as rows.

    The first one is the result. Those of a search that decides by short
    trainings are sorted by the rung that they reached, then by their score
    in it. A search that was stopped before has the most likely
    architecture of its last epoch only.
    """
    if record.decides_by_trainings and record.trainings:
        rows = _of_trainings(record)
    elif record.candidates:
        rows = [
            {
                "reward": each.reward,
                "validation_reward": each.validation_reward,
                "log_prob": each.log_prob,
                "sample": each.sample,
                "genotype": each.genotype,
            }
            for each in record.candidates
        ]
    elif record.policies is not None:
        likely, log_prob = policy_reading.most_likely(record.policies)
        rows = [{"log_prob": log_prob, "genotype": likely}]
    else:
        rows = []
    return _result_first(rows, record.found)


def _of_trainings(record):
    noise, rows = scores.variance_of_seeds(record.trainings), {}
    for rung in reversed(short_rungs.rungs(record.trainings)):
        scale = scores.scale(rung, noise)
        for each in rung:
            row = {
                "score": scale.score(each),
                "loss": each.loss,
                "reward": each.reward,
                "steps": each.steps,
                "origin": each.origin,
                "genotype": each.genotype,
            }
            rows.setdefault(each.genotype, row)
    return list(rows.values())


def _result_first(
    rows: Sequence[dict[str, object]], found: Genotype | None
) -> list[dict[str, object]]:
    """Moves the result to the front, with what its file says of its origin."""
    if found is None:
        return list(rows)
    own = [row for row in rows if row["genotype"] == found] or [{}]
    others = [row for row in rows if row["genotype"] != found]
    # The same architecture can have been proposed several times.
    return [own[0] | {"genotype": found}, *own[1:], *others]


def frame(rows: Sequence[dict[str, object]]) -> pd.DataFrame:
    """A frame of such rows, whose index is the rank from 0 on."""
    import pandas as pd

    found = pd.DataFrame(
        [row | {"fingerprint": row["genotype"].fingerprint()} for row in rows]
    )
    found.index.name = "rank"
    # The genotype is long: at the end it does not hide other columns.
    return found[[name for name in found if name != "genotype"] + ["genotype"]]
