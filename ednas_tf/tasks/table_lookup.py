"""Searches in the table of NAS-Bench-201: a reward is a look-up.

Nothing is trained. A look-up costs the simulated seconds of the training that
it stands for, and a search ends when these have used up the budget. Looking an
architecture up again costs as much again, as training it again would.
"""

import dataclasses

import numpy as np

from ednas_tf import errors, wording
from ednas_tf.data import bench_table
from ednas_tf.lazy import tf
from ednas_tf.nets import counting
from ednas_tf.settings import schema
from ednas_tf.space import reading, spaces
from ednas_tf.space.genotype import Genotype
from ednas_tf.tasks.registered import space_of, task
from ednas_tf.tasks.task import Task

#: The benchmark's networks: depth and width, images and classes.
NETWORK = schema.Network(cells=15, channels=16)
_CIFAR10 = (32, 32, 3), 10
_SPACE = "nas_bench_201"
#: Look-ups of an epoch: so few that little is looked up beyond the budget, and
#: so many that writing the files of an epoch takes no time.
_LOOK_UPS = 10


@task("table")
class TableLookup(Task):
    """Looks architectures up in a table of trainings.

    Args:
      settings: the settings of the run.
      table: the table; by default it is read from `runtime.data_dir`.

    Attributes:
      table: the table.
      rewards, seconds: the reward of each row, and what it costs.
      digits: the table's number of each operation of the space.
    """

    measure = "accuracy"
    higher_is_better = True
    unit, a_unit = "architectures", "an architecture"
    family = "convolutional"
    sums = ()
    reads_table = True
    validates = False

    def __init__(
        self,
        settings: schema.Settings,
        table: bench_table.BenchTable | None = None,
    ):
        self.settings = settings
        self.space = space_of(settings, self.family)
        if self.space.name != _SPACE:
            raise errors.RequestError(
                f"search.space.name: expected {_SPACE}, whose cells the table "
                f"has, found {errors.shown(self.space.name)}"
            )
        self.table = table or bench_table.read(settings.runtime.data_dir)
        self._check_space()
        wanted = settings.table
        self.rewards = self.table.rewards(wanted.epochs, wanted.run)
        self.seconds = self.table.seconds(wanted.epochs)
        self.digits = self.table.digits(self.space.ops)

    def _check_space(self):
        nodes = spaces.default(_SPACE).num_nodes
        if self.space.num_nodes != nodes:
            raise errors.RequestError(
                f"search.space.nodes: expected {nodes}, as in the table, found "
                f"{self.space.num_nodes}"
            )
        for op in self.space.ops:
            if op not in self.table.ops:
                raise errors.RequestError(
                    f"{self.table.file}: expected the operation "
                    f"{errors.shown(op)} of search.space.ops, found "
                    f"{errors.shown(', '.join(self.table.ops))}"
                )

    @classmethod
    def check_dataset(cls, name: str) -> None:
        if name != _SPACE:
            raise errors.RequestError(
                f"data.name: expected {_SPACE} for the task table, found "
                f"{errors.shown(name)}"
            )

    @classmethod
    def summarize(cls, settings, genotype):
        """The size of the benchmark's network, and what the table says."""
        genotype = _checked(genotype)
        found = cls(settings)
        row = found.row(genotype)
        known = {
            "validation_accuracy": float(found.table.validation[200][row]),
            "test_accuracy": float(found.table.test[row]),
            "rank": int(found.table.ranks[row]),
        }
        return known | NETWORK.as_dict(), found.count(genotype)

    def count(self, genotype: Genotype) -> counting.Counts:
        return counting.count(genotype, NETWORK, *_CIFAR10, auxiliary=False)

    def check_search(self) -> None:
        wanted = self.settings.table
        if wanted.run and wanted.epochs != 200:
            raise errors.RequestError(
                f"table.run: expected 0 for trainings of {wanted.epochs} "
                f"epochs, of which the table has the mean only, found "
                f"{wanted.run}"
            )
        longest = float(self.seconds.max())
        if wanted.seconds < longest:
            raise errors.RequestError(
                f"table.seconds: expected at least {longest:.0f}, the "
                f"simulated seconds of the longest training of {wanted.epochs} "
                f"epochs, found {wanted.seconds:g}; raise --table_seconds"
            )
        if self.settings.search.evidence != "shared":
            raise errors.RequestError(
                "search.evidence: expected shared, because a search in a table "
                f"trains nothing, found {self.settings.search.evidence}"
            )
        if self.settings.search.child_steps:
            raise errors.RequestError(
                "search.child_steps: expected 0, because a search in a table "
                f"trains nothing, found {self.settings.search.child_steps}"
            )

    def search_steps(self, replicas: int) -> tuple[int, int]:
        return 0, _LOOK_UPS

    def announce(self) -> None:
        """Prints what the search sees, and its budget."""
        wanted = self.settings.table
        run = f"run {wanted.run}" if wanted.run else "mean over runs"
        described = (
            f"table: {len(self.rewards):,} architectures; the reward is the "
            f"validation accuracy after {wanted.epochs} epochs ({run}); the "
            f"budget of {wanted.seconds:,.0f} simulated seconds is enough for "
            f"about {wanted.seconds / self.seconds.mean():.0f} trainings"
        )
        print(wording.wrapped(described))

    def policy_batches(self, strategy, start_step: int, purpose="policy"):
        """Endless batches of nothing: a look-up needs no data."""
        return tf.data.Dataset.from_tensors(0).repeat()

    def units_per_batch(self, kind: str) -> int:
        return 1

    def codes(self, architectures: np.ndarray) -> np.ndarray:
        """The rows of architectures.

        Args:
          architectures: [..., cell types, 2, slots], as in the history.
        """
        ops = architectures[..., 0, 1, :].astype(int)
        return self.table.codes(ops, self.space.ops)

    def row(self, genotype: Genotype) -> int:
        """The row of a genotype."""
        ((_, ops),) = genotype.choices(spaces.default(_SPACE)).values()
        flat = np.array(sum(ops, []))
        return int(self.table.codes(flat, spaces.default(_SPACE).ops))

    def within_budget(self, architectures: np.ndarray) -> np.ndarray:
        """Which look-ups of a search had been trained within its budget.

        Args:
          architectures: [epochs, evaluations, cell types, 2, slots].

        Returns:
          bool [epochs * evaluations].
        """
        spent = np.cumsum(self.seconds[self.codes(architectures).reshape(-1)])
        return spent <= self.settings.table.seconds

    def describe_result(self, genotype: Genotype) -> str:
        row, table = self.row(genotype), self.table
        return (
            f"in the table: after 200 epochs validation accuracy "
            f"{table.validation[200][row]:.2%}, test accuracy "
            f"{table.test[row]:.2%}, which is rank {table.ranks[row]:,} of "
            f"{len(table.test):,} (the best has {table.test.max():.2%})"
        )

    def training_flags(self, settings_file):
        network = dataclasses.asdict(NETWORK)
        sizes = (
            f"train.network.{k}={network[k]}" for k in ("cells", "channels")
        )
        return ["--dataset=cifar10", f"--params_override={','.join(sizes)}"]

    def provenance(self) -> dict[str, object]:
        return {"table_fingerprint": self.table.fingerprint()}

    def check_result(self, result, directory) -> None:
        found = self.table.fingerprint()
        if result.get("table_fingerprint", found) != found:
            raise errors.RequestError(
                f"{self.table.file}: expected the table of the run in "
                f"{directory}, found another one; give the --data_dir of that "
                "run, or start a new run in another --model_dir"
            )

    def reward(self, total):
        return total[0]

    def check_train(self) -> None:
        _no_images()

    def train_steps(self, replicas: int) -> int:
        _no_images()

    def _nothing(self, *arguments, **named):
        """What a task with images does in a training, or with a supernet."""
        _no_images()

    supernet = child = child_batches = train_batches = _nothing
    evaluation_batches = child_loss = train_loss = score = _nothing
    evaluate = evaluation_metrics = _nothing


def _no_images():
    raise errors.RequestError(
        "--dataset=nas_bench_201: expected a data set of images to train on, "
        "found a table of trainings; give another one, such as "
        "--dataset=cifar10"
    )


def _checked(genotype: Genotype) -> Genotype:
    reading.check_family(genotype, "convolutional", "the table has such cells")
    genotype.validate(spaces.default(_SPACE))
    return genotype
