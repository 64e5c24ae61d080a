"""What a search and a training need to know of what a network is for.

A task is a class that is made known by the decorator `task`. The loops name
none of them.
"""

from __future__ import annotations

import abc
import pathlib
from typing import NamedTuple

from ednas_tf import errors, registry
from ednas_tf.lazy import keras, tf
from ednas_tf.nets import counting
from ednas_tf.settings import schema
from ednas_tf.space import cell_space, genotype, reading, spaces

State = tuple["tf.Tensor", ...]


class Parts(NamedTuple):
    """What one replica computes of a step.

    Attributes:
      loss: this replica's part of the loss that is lowered, a scalar.
      sums: scalars by name, those of `Task.sums`. What all replicas have adds
        up to what is told of the step.
      state: what the next step of this kind goes on from, of the shapes that
        were given.
      rate_scale: what the learning rate of this step is multiplied by, the
        same in all replicas.
    """

    loss: tf.Tensor
    sums: dict[str, tf.Tensor]
    state: State = ()
    rate_scale: float | tf.Tensor = 1.0


class Task(abc.ABC):
    """Data, networks, loss and reward.

    A state is what steps of one kind hand on from one to the next, such as the
    hidden state of a recurrent network: tensors [batch, ...], of which each
    replica gets its part. The test data are for `evaluation_batches` alone.

    Attributes, of the class:
      measure: what a training is judged by, as "accuracy".
      higher_is_better: whether more of it is better.
      unit, a_unit: what is counted, as "images" and "an image".
      family: name of the cell spaces that it takes.
      sums: names of what `Parts.sums` holds.
      export_form: name of the form in which its networks are exported, see
        `export.interface.register`; empty if they cannot be.

    Attributes:
      settings: of the run.
      space: the cells that are searched.
      validates: whether a training is evaluated after every epoch, and the
        best weights kept. If not, the last are.
    """

    measure: str
    higher_is_better: bool
    unit: str
    a_unit: str
    family: str
    sums: tuple[str, ...]
    export_form: str = ""

    settings: schema.Settings
    space: cell_space.CellSpace
    validates: bool

    # What is known before a run, without its data where that can be.

    @classmethod
    def check_dataset(cls, name: str) -> None:
        """Raises `RequestError` if no data set has this name; reads none."""
        del name  # A task need not have data sets that are chosen by name.

    @classmethod
    def summarize(
        cls, settings: schema.Settings, described: genotype.Genotype
    ) -> tuple[dict[str, object], counting.Counts]:
        """The size of the derived network of a genotype, none being built.

        Here the data are read; a task that knows their form without them
        need not.

        Args:
          settings: the section `train` says what network; sizes that it
            leaves open are filled in.
          described: the genotype.

        Returns:
          What of data and network the size follows from, by name; the size.

        Raises:
          RequestError: the genotype is of other cells than the task takes,
            there is no such network for such data, or they cannot be read.
        """
        reading.check_family(described, cls.family, f"task is {settings.task}")
        task = cls(settings)
        task.check_train()
        return {}, task.count(described)

    # What can be refused, and what a person is told of before a run.

    @abc.abstractmethod
    def check_search(self) -> None:
        """Raises `RequestError` if no supernet can be made."""

    @abc.abstractmethod
    def check_train(self) -> None:
        """Raises `RequestError` if no derived network can be made."""

    @abc.abstractmethod
    def search_steps(self, replicas: int) -> tuple[int, int]:
        """Child steps and policy steps of one pass over their data.

        Raises:
          RequestError: there is none, or the replicas cannot share a batch.
        """

    @abc.abstractmethod
    def train_steps(self, replicas: int) -> int:
        """Steps of one pass of a training; raises as `search_steps`."""

    @abc.abstractmethod
    def warn(self) -> None:
        """Warns of the data, once nothing can be refused."""

    def warn_search(self) -> None:
        """Warns of what a search should not be begun with."""
        self.warn()

    # Networks.

    @abc.abstractmethod
    def supernet(self) -> keras.Model:
        """The shared-weight network of the search, its weights made."""

    @abc.abstractmethod
    def child(
        self, described: genotype.Genotype, to_train: bool = True
    ) -> keras.Model:
        """The derived network of a genotype, its weights made.

        Args:
          described: the genotype.
          to_train: whether it is to be trained; else it has what it is
            exported with, in 32 bits.
        """

    @abc.abstractmethod
    def count(self, described: genotype.Genotype) -> counting.Counts:
        """The size of the derived network of a genotype."""

    # Data.

    @abc.abstractmethod
    def child_batches(self, strategy, start_step: int):
        """Distributed endless batches of the child steps.

        Args:
          strategy: distributes them.
          start_step: child steps that were taken before the first batch, which
            is a function of the seed and this.
        """

    @abc.abstractmethod
    def policy_batches(self, strategy, start_step: int, purpose="policy"):
        """As `child_batches`, to score on; `purpose` chooses their order."""

    @abc.abstractmethod
    def train_batches(self, strategy, start_step: int):
        """As `child_batches`, of a training."""

    @abc.abstractmethod
    def evaluation_batches(
        self, strategy, test: bool = False, final: bool = False
    ):
        """Distributed batches of all data of a split, once and in order.

        Args:
          strategy: distributes them.
          test: the test data, in place of those that a training keeps for
            validation, of which there may be none.
          final: whether it is for the result of a training, not for one epoch.
        """

    @abc.abstractmethod
    def units_per_batch(self, kind: str) -> int:
        """What is counted in a batch of kind "child", "policy" or "train"."""

    # Steps. All but `initial_state`, `reward` and `tell` run in a replica.

    def initial_state(self, kind: str) -> State:
        """What the first step of a kind, "child" or "train", starts from.

        Tensors [batch size, ...], of all replicas together.
        """
        return ()

    @abc.abstractmethod
    def child_loss(
        self, supernet: keras.Model, batch, state: State, architecture, step
    ) -> Parts:
        """The loss of an architecture, in a search.

        Args:
          supernet: as the method `supernet` made it.
          batch: this replica's part.
          state: this replica's part.
          architecture: the architecture.
          step: number of the step, int64; what is drawn at random is a
            function of it.
        """

    @abc.abstractmethod
    def train_loss(
        self, network: keras.Model, batch, state: State, step, progress
    ) -> Parts:
        """The loss of a derived network, in its training.

        Args:
          network: as `child` made it.
          batch, state, step: see `child_loss`.
          progress: share of the training that is done, float32 in [0, 1].
        """

    @abc.abstractmethod
    def score(self, supernet: keras.Model, batch, architecture) -> tf.Tensor:
        """What a replica knows of an architecture's reward.

        Returns:
          float32 [k]; the sum over all replicas is for `reward`.
        """

    @abc.abstractmethod
    def reward(self, total: tf.Tensor) -> tf.Tensor:
        """The reward, a scalar, of scores, [k].

        Args:
          total: the sum over the replicas of a minibatch; or the mean of that
            over several minibatches, for the reward on all of them.
        """

    def tell(self, means: dict[str, float]) -> dict[str, float]:
        """What is told of means over steps of `sums`, by name."""
        return means

    # Evaluation, by the rules of `child_loss`.

    def evaluation_state(self, test: bool, final: bool) -> State:
        """What the first batch of an evaluation starts from.

        All replicas are given all of it, and must return the same.
        """
        return ()

    @abc.abstractmethod
    def evaluate(
        self, network: keras.Model, batch, state: State
    ) -> tuple[dict[str, tf.Tensor], State]:
        """Evaluates a batch, in a replica.

        Returns:
          Scalars by name, which are added up over replicas and batches; the
          state for the next batch.
        """

    @abc.abstractmethod
    def evaluated(self, totals: dict[str, float]) -> dict[str, float]:
        """What an evaluation found: `measure`, `unit`, and more if need be.

        Args:
          totals: over all replicas and batches; may be not finite, and so may
            be then what is returned.
        """

    def is_better(self, found: float, than: float) -> bool:
        """Whether one value of `measure` is better than another."""
        return found > than if self.higher_is_better else found < than

    # Results.

    @abc.abstractmethod
    def provenance(self) -> dict[str, object]:
        """What of the data a result holds: JSON by name."""

    @abc.abstractmethod
    def check_result(
        self, result: dict[str, object], directory: pathlib.Path
    ) -> None:
        """Raises `RequestError` if a result is of other data than these.

        Args:
          result: of the training in `directory`.
          directory: for the error.
        """


def space_of(settings: schema.Settings, family: str) -> cell_space.CellSpace:
    """The space that a run searches.

    Args:
      settings: of the run.
      family: the family of spaces that the task takes; also the name of the
        space where the settings name none.

    Raises:
      RequestError: there is no such space, or it is of another family.
    """
    asked = settings.search.space
    name = asked.name or family
    space = spaces.make(name, asked.nodes, asked.ops)
    if space.family != family:
        known = [
            each
            for each in spaces.names()
            if spaces.default(each).family == family
        ]
        raise errors.RequestError(
            f"search.space.name: expected a space of {family} cells for the "
            f"task {settings.task} (one of: {', '.join(known)}), found "
            f"{errors.shown(name)}"
        )
    return space


#: Makes the decorated class known by a name.
task = registry.TASKS.register

#: The names of all known tasks, sorted.
names = registry.TASKS.names

#: The class of a task that is known by a name.
kind = registry.TASKS.get


def make(settings: schema.Settings, data=None) -> Task:
    """Makes the task of a run.

    Args:
      settings: of the run.
      data: its data set; by default the one that the settings name is read.

    Raises:
      RequestError: the data cannot be had, or not be parted as is asked for.
    """
    return kind(settings.task)(settings, data)
