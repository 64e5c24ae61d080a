"""The policies of every epoch of a search, as pandas frames."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ednas_tf import errors
from ednas_tf.analysis import policies as search_policies
from ednas_tf.analysis import run_record
from ednas_tf.api import options, places

if TYPE_CHECKING:
    import pandas as pd

    from ednas_tf.analysis.policies import Policies, Vector


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class History:
    """What a search preferred and earned, epoch by epoch.

    Epoch 0 is the state before the first epoch. If the searcher reports no
    probabilities, the shares of an epoch's judged architectures that made each
    choice stand in their place, from epoch 1 on; they are nan for the
    operations on an edge that none of them kept.

    Attributes:
      operations: probabilities of the operations of each edge: a row for each
        (epoch, cell, edge), such as (3, "normal", "0->2"), and a column for
        each operation.
      inputs: probabilities of the inputs of each node: a row for each (epoch,
        cell, node), and a column for each choice, such as "0, 1" for a pair of
        states; nan where the node has no such choice.
      effects: the effects on the reward that the searcher believes each
        operation to have, in the form of `operations`; None if it has no such
        beliefs.
      rewards: rewards of the sampled architectures: a row for each epoch from 1
        on, and a column for each evaluation.
    """

    operations: pd.DataFrame
    inputs: pd.DataFrame
    effects: pd.DataFrame | None
    rewards: pd.DataFrame

    def __repr__(self) -> str:
        frames = [
            field.name
            for field in dataclasses.fields(self)
            if getattr(self, field.name) is not None
        ]
        return (
            f"<ednas_tf.History: {len(self.rewards)} epochs, frames "
            f"{', '.join(frames)}>"
        )

    @classmethod
    def of(cls, policies: Policies) -> History:
        """The frames of the policies of a search."""
        import pandas as pd

        operations = policies.vectors(kind=search_policies.OPERATIONS)
        inputs = policies.vectors(kind=search_policies.INPUTS)
        effects, first = None, policies.first_row
        if policies.has_effects:
            effects = _frame(
                operations, "edge", [v.effects for v in operations], first
            )
        epochs = pd.RangeIndex(1, policies.epochs + 1, name="epoch")
        rewards = pd.DataFrame(policies.rewards, index=epochs)
        rewards.columns.name = "evaluation"
        return cls(
            *(
                _frame(each, kind, [v.probabilities for v in each], first)
                for each, kind in ((operations, "edge"), (inputs, "node"))
            ),
            effects,
            rewards,
        )


def _frame(
    vectors: list[Vector], kind: str, values: list[np.ndarray], first: int
) -> pd.DataFrame:
    """A frame with a row for each epoch and vector, the epochs outermost.

    Args:
      vectors: choices of one kind.
      kind: what has the choice, "edge" or "node".
      values: for each vector, [epochs + 1, choices].
      first: the first epoch that the frame has.
    """
    import pandas as pd

    columns = list(dict.fromkeys(c for v in vectors for c in v.choices))
    epochs = range(first, len(values[0]))
    table = np.full((len(epochs), len(vectors), len(columns)), np.nan)
    for i, (vector, found) in enumerate(zip(vectors, values, strict=True)):
        table[:, i, [columns.index(choice) for choice in vector.choices]] = (
            found[first:]
        )
    rows = [
        (epoch, vector.cell_type, vector.place.removeprefix(f"{kind} "))
        for epoch in epochs
        for vector in vectors
    ]
    index = pd.MultiIndex.from_tuples(rows, names=["epoch", "cell", kind])
    return pd.DataFrame(
        table.reshape(len(rows), len(columns)), index=index, columns=columns
    )


@errors.in_python
def load_history(
    directory: str | os.PathLike,
    *,
    plugin: str | os.PathLike | Sequence[str] = (),
) -> History:
    """Reads what a search preferred and earned in each of its epochs.

    Args:
      directory: the directory of a search, finished or under way, or that of a
        run of all stages by `python -m ednas_tf.run`.
      plugin: the plugins of the search, see `ednas_tf.find`.

    Returns:
      Frames of operations, inputs and rewards; see `History`.

    Raises:
      ValueError: the directory holds no search, files of it are damaged, or the
        search has no policies, as it decides by short trainings alone.

    Examples:
      How likely each operation of the normal cell's edges was after the last
      epoch:

      >>> history = ednas_tf.load_history(directory)
      >>> last = history.rewards.index[-1]
      >>> history.operations.loc[last, "normal"].sum(axis=1).round(3).tolist()
      [1.0, 1.0]
    """
    options.load_plugins(plugin)
    folder: pathlib.Path = places.of(directory).search
    record = run_record.read(folder, places.parse)
    if record.policies is None:
        raise errors.RequestError(
            f"{folder}: expected a search with policies, found one that "
            "decides by short trainings alone; see the candidates of "
            "ednas_tf.load"
        )
    return History.of(record.policies)
