"""The interface of tasks: what a network is for.

A task brings data, networks, loss and reward to a search or a training; the
loops name no task. A class becomes a task by the decorator `registered.task`.
"""

from __future__ import annotations

import abc
import pathlib
from collections.abc import Callable
from typing import NamedTuple

from ednas_tf.lazy import keras, tf
from ednas_tf.nets import counting
from ednas_tf.settings import schema
from ednas_tf.space import cell_space, reading
from ednas_tf.space.genotype import Genotype

State = tuple["tf.Tensor", ...]


class StepResult(NamedTuple):
    """What one replica computes in a child step, or in a step of a training.

    Attributes:
      loss: this replica's summand of the loss that is minimised, a scalar.
      sums: this replica's summand of each number in `Task.sums`, by name:
        scalars, which are added up over the replicas.
      state: the state for the next step of this kind, with the shapes of the
        state that this step was given.
      rate_scale: factor of the learning rate in this step, the same in all
        replicas.
    """

    loss: tf.Tensor
    sums: dict[str, tf.Tensor]
    state: State = ()
    rate_scale: float | tf.Tensor = 1.0


class Plain(NamedTuple):
    """A plain network to compare a network with that was found.

    Attributes:
      described: its name and width, for a person.
      counts: its size.
      make: makes it, with its weights; it is called as the network that `child`
        makes, and has no auxiliary head.
    """

    described: str
    counts: counting.Counts
    make: Callable[[], keras.Model]


class Task(abc.ABC):
    """Data, networks, loss and reward.

    Steps of one kind can hand a state on to the next step, such as the hidden
    state of a recurrent network: tensors [batch, ...], of which each replica
    gets the rows of its own examples. Only `evaluation_batches` may read the
    test data.

    Class attributes:
      measure: name of the number that trainings are judged by, such as
        "accuracy".
      higher_is_better: whether a higher measure is better.
      unit, a_unit: name of what is counted, such as "images" and "an image".
      family: family of the cell spaces that the task takes.
      sums: names of the numbers in `StepResult.sums`, such as "loss".
      export_form: name of the form in which the networks are exported, see
        `export.interface.register`; empty if they cannot be exported.
      has_baselines: whether a network can be compared with baselines, see
        `plain_network` and `linear_model`.
      reads_table: whether rewards are looked up in a table of trainings, see
        `table_lookup`. A search then trains nothing, and its result is the
        best architecture that it has looked up.

    Attributes:
      settings: the settings of the run.
      space: the space of the cells that are searched.
      validates: whether a training evaluates the network after each epoch, and
        keeps the weights of the best epoch. If not, it keeps the last weights.
    """

    measure: str
    higher_is_better: bool
    unit: str
    a_unit: str
    family: str
    sums: tuple[str, ...]
    export_form: str = ""
    has_baselines: bool = False
    reads_table: bool = False

    settings: schema.Settings
    space: cell_space.CellSpace
    validates: bool

    # What can be said before a run, if possible without reading data.

    @classmethod
    def check_dataset(cls, name: str) -> None:
        """Raises `RequestError` if no data set has this name; reads none."""
        del name  # A task need not have data sets that are chosen by name.

    @classmethod
    def summarize(
        cls, settings: schema.Settings, genotype: Genotype
    ) -> tuple[dict[str, object], counting.Counts]:
        """Computes the size of a derived network without building it.

        This method reads the data. A task that knows the shape of its data
        without reading them can override it.

        Args:
          settings: settings of a training; sizes of 0 in them are filled in.
          genotype: the cells of the network.

        Returns:
          The properties of data and network that the size follows from, by
          name; and the size.

        Raises:
          RequestError: the genotype has cells of another family, the network
            does not suit the data, or the data cannot be read.
        """
        reading.check_family(genotype, cls.family, f"task is {settings.task}")
        task = cls(settings)
        task.check_train()
        return {}, task.count(genotype)

    # Checks and messages before a run.

    @abc.abstractmethod
    def check_search(self) -> None:
        """Raises `RequestError` if the supernet cannot be made."""

    @abc.abstractmethod
    def check_train(self) -> None:
        """Raises `RequestError` if the derived network cannot be made."""

    @abc.abstractmethod
    def search_steps(self, replicas: int) -> tuple[int, int]:
        """Numbers of child steps and of policy steps in a pass over their data.

        Raises:
          RequestError: the data have too few examples for a step, or the
            replicas cannot share a batch evenly.
        """

    @abc.abstractmethod
    def train_steps(self, replicas: int) -> int:
        """Number of steps of a training in a pass over its data.

        Raises:
          RequestError: see `search_steps`.
        """

    @abc.abstractmethod
    def announce(self) -> None:
        """Prints what a person should know of data and sizes, and warnings.

        It is called once nothing can be refused any more, as a refusal prints
        one line and nothing else.
        """

    def announce_search(self) -> None:
        """Like `announce`, with what matters to a search only."""
        self.announce()

    # Networks.

    @abc.abstractmethod
    def supernet(self) -> keras.Model:
        """Makes the supernet, with its weights."""

    @abc.abstractmethod
    def child(self, genotype: Genotype, to_train: bool = True) -> keras.Model:
        """Makes the derived network of a genotype, with its weights.

        Args:
          genotype: the cells of the network.
          to_train: whether the network is to be trained. If not, it is to be
            exported: it computes in 32 bits, and has nothing that only a
            training needs.
        """

    @abc.abstractmethod
    def count(self, genotype: Genotype) -> counting.Counts:
        """Computes the size of the derived network of a genotype."""

    def fresh_variables(
        self, network: keras.Model, result: dict[str, object]
    ) -> list[keras.Variable]:
        """The variables that cannot be those of another training's network.

        Args:
          network: the network that `child` made.
          result: the result of the other training.

        Raises:
          RequestError: hardly any variable could be.
        """
        return []

    def plain_network(self, multiply_adds: int) -> Plain:
        """A plain network that costs no more than another one.

        Args:
          multiply_adds: those of the other network.
        """
        raise NotImplementedError

    def linear_model(self) -> tuple[str, dict[str, float]]:
        """Makes and tests a linear model, in seconds.

        Returns:
          What it is, for a person; and its `evaluation_metrics`.
        """
        raise NotImplementedError

    # Data.

    @property
    def folds(self) -> int:
        """Number of ways to choose the validation data of a search."""
        return 1

    def fold(self, number: int) -> Task:
        """The same task with the validation data of one of the `folds`."""
        del number
        return self

    @abc.abstractmethod
    def child_batches(self, strategy, start_step: int):
        """Makes endless batches for child steps.

        Args:
          strategy: the tf.distribute strategy that distributes them.
          start_step: number of child steps before the first batch. Each batch
            is a function of the seed and the number of its step.

        Returns:
          A distributed dataset.
        """

    @abc.abstractmethod
    def policy_batches(self, strategy, start_step: int, purpose="policy"):
        """Makes endless batches that architectures are scored on.

        Args:
          strategy, start_step: see `child_batches`.
          purpose: a name; batches for another purpose have another order.
        """

    @abc.abstractmethod
    def train_batches(self, strategy, start_step: int):
        """Makes endless batches for a training; see `child_batches`."""

    @abc.abstractmethod
    def evaluation_batches(
        self, strategy, test: bool = False, final: bool = False
    ):
        """Makes batches of all data of a split, each example once, in order.

        Args:
          strategy: the tf.distribute strategy that distributes them.
          test: whether to read the test data; if not, the data that the
            training keeps for validation.
          final: whether the evaluation is for the result of the training; if
            not, for one of its epochs.
        """

    @abc.abstractmethod
    def units_per_batch(self, kind: str) -> int:
        """Number of units, such as images, in a batch.

        Args:
          kind: "child", "policy" or "train".
        """

    # Steps. `initial_state`, `reward` and `step_metrics` are called outside of
    # replicas, all other methods in each replica.

    def initial_state(self, kind: str) -> State:
        """The state before the first step, of all replicas together.

        Args:
          kind: "child" or "train".

        Returns:
          Tensors [batch size, ...].
        """
        return ()

    @abc.abstractmethod
    def child_loss(
        self, supernet: keras.Model, batch, state: State, architecture, step
    ) -> StepResult:
        """Computes the loss of an architecture in a child step.

        Args:
          supernet: the network that the method `supernet` made.
          batch: this replica's part of the batch.
          state: this replica's rows of the state.
          architecture: the architecture.
          step: number of the step, int64: random draws are functions of it.
        """

    @abc.abstractmethod
    def train_loss(
        self, network: keras.Model, batch, state: State, step, progress
    ) -> StepResult:
        """Computes the loss of a derived network in a step of its training.

        Args:
          network: the network that `child` made.
          batch, state, step: see `child_loss`.
          progress: the done part of the training, float32 in [0, 1].
        """

    @abc.abstractmethod
    def score(self, supernet: keras.Model, batch, architecture) -> tf.Tensor:
        """Computes this replica's part of what an architecture's reward needs.

        Returns:
          float32 [k]. The sum of these vectors over all replicas is what
          `reward` takes.
        """

    @abc.abstractmethod
    def reward(self, total: tf.Tensor) -> tf.Tensor:
        """Computes the reward of an architecture, a scalar.

        Args:
          total: float32 [k], the sum of `score` over the replicas, for one
            minibatch; or the mean of this sum over several minibatches, for the
            reward on all of them.
        """

    def reward_unit(self) -> tuple[str, float]:
        """The unit in which differences of rewards are told, and its scale.

        Returns:
          The name of the unit, and what a reward is multiplied by.
        """
        return "reward", 1.0

    def step_metrics(self, means: dict[str, float]) -> dict[str, float]:
        """The numbers to log, by name, given the means of `sums` over steps."""
        return means

    # Evaluation. `evaluate` is called in each replica.

    def evaluation_state(self, test: bool, final: bool) -> State:
        """The state before the first batch of an evaluation.

        Every replica is given the whole state, and must return the same.
        """
        return ()

    @abc.abstractmethod
    def evaluate(
        self, network: keras.Model, batch, state: State
    ) -> tuple[dict[str, tf.Tensor], State]:
        """Evaluates this replica's part of a batch.

        Returns:
          Scalars or vectors by name, which are added up over replicas and
          batches; and the state for the next batch.
        """

    @abc.abstractmethod
    def evaluation_metrics(self, totals: dict[str, object]) -> dict[str, float]:
        """The result of an evaluation: `measure`, `unit`, and others.

        Args:
          totals: the sums of what `evaluate` returned, a float or a list of
            floats each. If they are not finite, the result need not be finite
            either.
        """

    def is_better(self, found: float, than: float) -> bool:
        """Whether one value of `measure` is better than another."""
        return found > than if self.higher_is_better else found < than

    # Results.

    def describe_result(self, genotype: Genotype) -> str:
        """What is known of the architecture that a search found, in a line.

        Empty if nothing is known but its reward.
        """
        return ""

    def training_flags(self, settings_file: pathlib.Path) -> list[str]:
        """The flags with which `ednas_tf.train` trains what a search found.

        Args:
          settings_file: the file with the settings of the search.
        """
        return [f"--config_file={settings_file}"]

    @abc.abstractmethod
    def provenance(self) -> dict[str, object]:
        """What a result records of the data: JSON values by name."""

    @abc.abstractmethod
    def check_result(
        self, result: dict[str, object], directory: pathlib.Path
    ) -> None:
        """Raises `RequestError` if a result comes from other data.

        Args:
          result: the result of a training.
          directory: directory of the training, to name in the error.
        """
