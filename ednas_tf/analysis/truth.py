"""What a search found against the truth, where every training is known.

The truth is the table of NAS-Bench-201, see `data/bench_table.py`. A search in
the table has seen a part of it, the validation accuracies of what it looked up.
A search with shared weights has seen nothing of it.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Iterator

import numpy as np
import scipy.stats

from ednas_tf import errors
from ednas_tf.analysis import gains
from ednas_tf.analysis.policies import OPERATIONS
from ednas_tf.analysis.run_record import RunRecord
from ednas_tf.data import bench_table
from ednas_tf.data.bench_table import BenchTable

#: The space whose cells the table has.
SPACE = "nas_bench_201"
#: A correlation of fewer candidates would say nothing.
_FEWEST = 10


@dataclasses.dataclass(frozen=True)
class Effect:
    """What an operation on an edge does, in truth and as the search sees it.

    Attributes:
      name: the choice, such as "0->3 nor conv 3x3".
      op: name of the operation.
      true: mean validation accuracy after 200 epochs of all architectures with
        the choice, minus that of all others.
      share: the probability of the operation after the last epoch, or its share
        of what was sampled if the searcher reports none.
      gain: the difference in reward that the search has seen.
      belief, error: the effect on the reward that the searcher believes in
        after the last epoch, and its standard error; None if it reports none.
    """

    name: str
    op: str
    true: float
    share: float
    gain: gains.Gain
    belief: float | None = None
    error: float | None = None

    def seen(self) -> tuple[float, float, float]:
        """What the search knows of the effect, and its 95 % interval.

        It is the searcher's belief, or the difference in reward without one.
        """
        if self.belief is None:
            return self.gain.value, self.gain.low, self.gain.high
        reach = 1.96 * self.error
        return self.belief, self.belief - reach, self.belief + reach


class Truth:
    """A search in the space of the table, and the truth about it.

    Args:
      record: the search.
      table: the truth.
    """

    def __init__(self, record: RunRecord, table: BenchTable):
        self.record, self.table = record, table
        self.policies = record.policies

    @functools.cached_property
    def _rows(self) -> np.ndarray:
        """The rows of the judged architectures, [epochs, evaluations]."""
        ops = self.policies.architectures[:, :, 0, 1].astype(int)
        return self.table.codes(ops, self.policies.space.ops)

    def row(self, genotype) -> int:
        """The row of an architecture of the space."""
        ((_, ops),) = genotype.choices(self.policies.space).values()
        return int(self.table.codes(sum(ops, []), self.policies.space.ops))

    @property
    def spent(self) -> np.ndarray | None:
        """Simulated seconds up to each judged architecture, [evaluations].

        None if the search did not spend any, as it was no search in a table.
        """
        length = self.record.setting("table.epochs")
        if not self.record.in_table or length not in bench_table.EPOCHS:
            return None
        return np.cumsum(self.table.seconds(length)[self._rows.reshape(-1)])

    @property
    def _seen(self) -> np.ndarray:
        """What a search in the table sees of each row, [rows]."""
        run = self.record.setting("table.run")
        return self.table.rewards(
            self.record.setting("table.epochs"), run if run in (1, 2, 3) else 0
        )

    @property
    def _budget(self) -> float:
        """The budget in simulated seconds; infinite if it is not known."""
        budget = self.record.setting("table.seconds")
        return budget if isinstance(budget, int | float) else np.inf

    @property
    def _counted(self) -> np.ndarray:
        """Whether each judged architecture is within the budget."""
        return self.spent <= self._budget

    def against_random(self) -> str:
        """A search in the table against random ones, exactly; else empty.

        The best of n random architectures is at most r with the probability
        F(r)**n, where F(r) is the share of all that have a reward of at most r.
        """
        if self.spent is None or not self._counted.any():
            return ""
        digits = self.table.digits(self.policies.space.ops)
        possible = np.isin(self.table.all_ops(), digits).all(-1)
        rewards = np.sort(self._seen[possible])
        rows = self._rows.reshape(-1)[self._counted]
        best, count = self._seen[rows].max(), len(rows)
        at_most = (np.arange(len(rewards) + 1) / len(rewards)) ** count
        mean = (rewards * np.diff(at_most)).sum()
        reached = 1 - at_most[np.searchsorted(rewards, best)]
        return (
            f"By the table, the best of {count} random architectures has a "
            f"reward of {mean:.4f} on average, and the best that this search "
            f"has looked up {best:.4f}. Of random searches with as many "
            f"trainings, {reached:.1%} find one that is at least as good."
        )

    def regret(self) -> tuple[np.ndarray, np.ndarray]:
        """How much better the best of the table is than what was judged.

        Returns:
          Differences in test accuracy, in the order of the evaluations: of each
          epoch's mean, [epochs]; and of the architecture with the highest
          reward, [evaluations]: of all before, if rewards can be compared from
          epoch to epoch, and of those of the same epoch otherwise.
        """
        lost = self.table.test.max() - self.table.test[self._rows]
        rewards = self.policies.rewards
        if self.spent is None:
            found = [_best(*each) for each in zip(rewards, lost, strict=True)]
            return lost.mean(-1), np.concatenate(found)
        return lost.mean(-1), _best(rewards.reshape(-1), lost.reshape(-1))

    def effects(self) -> list[Effect]:
        """Every operation on every edge, edge by edge."""
        space, found = self.policies.space, []
        (cell_type,) = space.cell_types
        true = self._true_effects()
        shares = self.policies.operations(cell_type)[-1]
        vectors = self.policies.vectors(kind=OPERATIONS)
        seen = gains.of_pairs(self.policies, cell_type)
        for i, gain in enumerate(seen):
            edge, op = divmod(i, len(space.ops))
            beliefs = ()
            if self.policies.has_effects:
                vector = vectors[edge]
                beliefs = (
                    float(vector.effects[-1, op]),
                    float(vector.effect_errors[-1, op]),
                )
            found.append(
                Effect(
                    gain.name,
                    space.ops[op],
                    float(true[edge, op]),
                    float(shares[edge, op]),
                    gain,
                    *beliefs,
                )
            )
        return found

    def _true_effects(self):
        """[edges, operations of the space]."""
        digits = self.table.digits(self.policies.space.ops)
        # Architectures with operations that were not searched do not count.
        all_ops = self.table.all_ops()
        searched = np.isin(all_ops, digits).all(-1)
        has = all_ops[searched, :, None] == digits
        valid = self.table.validation[200][searched]
        count = has.sum(0)
        mean = np.einsum("n,neo->eo", valid, has) / count
        others = (valid.sum() - mean * count) / np.maximum(
            1, len(valid) - count
        )
        return mean - others if len(digits) > 1 else 0 * mean

    def sentences(self) -> Iterator[str]:
        """The truth in words."""
        table, record = self.table, self.record
        best = table.test.max()
        if record.found is not None:
            row = self.row(record.found)
            yield (
                f"What was found has a test accuracy of {table.test[row]:.2%} "
                f"after 200 epochs (validation {table.validation[200][row]:.2%}"
                f"), which is rank {table.ranks[row]:,} of "
                f"{len(table.test):,}; the best architecture has {best:.2%}, "
                f"{100 * (best - table.test[row]):.2f} points more."
            )
        if self.spent is not None and self._counted.any():
            yield (
                f"It has spent {self.spent[self._counted][-1]:,.0f} of "
                f"{self._budget:,.0f} simulated seconds, on "
                f"{self._counted.sum()} trainings."
            )
        means, _ = self.regret()
        yield (
            f"A random architecture is {100 * (best - table.test.mean()):.1f} "
            f"points below the best one on average; those that were judged in "
            f"the first epoch {100 * means[0]:.1f} points, and in the last one "
            f"{100 * means[-1]:.1f}."
        )
        yield from self._candidates()
        yield from self._agreement()

    def _candidates(self):
        """Whether rewards rank the candidates as the truth does."""
        found = self.record.candidates
        if len(found) >= _FEWEST:
            test = [self.table.test[self.row(each.genotype)] for each in found]
            tau = _tau([each.reward for each in found], test)
            yield (
                f"Rewards rank the {len(found)} candidates as their test "
                f"accuracies do with Kendall's tau = {tau:.2f}."
            )

    def _agreement(self):
        """Whether beliefs about choices agree with their true effects."""
        known = [e for e in self.effects() if e.gain.value == e.gain.value]
        if len(known) >= _FEWEST:
            true = [each.true for each in known]
            gain = _tau(true, [each.gain.value for each in known])
            share = _tau(true, [each.share for each in known])
            believed = ""
            if self.policies.has_effects:
                belief = _tau(true, [each.belief for each in known])
                believed = (
                    f", with the effects that the searcher believes in with "
                    f"tau = {belief:.2f}"
                )
            what = "probabilities"
            if not self.policies.has_probabilities:
                what = "shares"
            yield (
                f"The true effects of {len(known)} choices agree with the "
                f"differences in reward with tau = {gain:.2f}{believed}, and "
                f"with the "
                f"{what} after the last epoch with tau = {share:.2f}."
            )


def of(record: RunRecord, table_dir: pathlib.Path | None) -> Truth | None:
    """The truth about a search; None if it is not known.

    Args:
      record: the search.
      table_dir: the folder of the table; None for the folder that a search in
        the table was given.

    Raises:
      RequestError: `table_dir` is given, and holds no table, or the search was
        not in the space of the table.
    """
    space = record.space
    fits = space.name == SPACE and space.num_nodes == 3
    if table_dir is not None and record.policies is None:
        raise errors.RequestError(
            "--table_dir: expected a search with policies or rewards of "
            "epochs, found one that decides by short trainings alone; omit it"
        )
    if table_dir is not None:
        if not fits:
            raise errors.RequestError(
                f"--table_dir: expected a search of the space {SPACE}, found "
                f"one of {errors.shown(space.name)}; omit it"
            )
        return _checked(record, bench_table.read(table_dir))
    folder = record.setting("runtime.data_dir")
    if not fits or not record.in_table or not folder:
        return None
    try:
        return _checked(record, bench_table.read(str(folder)))
    except errors.RequestError as error:
        errors.warn(f"the report is without the truth: {error}")
        return None


def _checked(record, table):
    missing = set(record.policies.space.ops) - set(table.ops)
    if missing:
        raise errors.RequestError(
            f"{table.file}: expected the operations of the search, found none "
            f"of the name {errors.shown(min(missing))}; omit --table_dir"
        )
    return Truth(record, table)


def _best(rewards, values):
    """The values of the best so far by its reward, the first among equals."""
    better = rewards > np.maximum.accumulate(np.r_[-np.inf, rewards[:-1]])
    places = np.where(better, np.arange(len(rewards)), 0)
    return values[np.maximum.accumulate(places)]


def _tau(one, other):
    found = scipy.stats.kendalltau(one, other).statistic
    return 0.0 if np.isnan(found) else float(found)
