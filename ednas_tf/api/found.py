"""What a search found: the object that `find` and `load` return."""

from __future__ import annotations

import functools
import os
import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ednas_tf import errors
from ednas_tf.analysis import run_record
from ednas_tf.api import drawing, networks, options, places, ranking
from ednas_tf.api.history import History
from ednas_tf.api.trained import Trained
from ednas_tf.runs.names import RESULT_FILE
from ednas_tf.space.genotype import Genotype

if TYPE_CHECKING:
    import keras
    import matplotlib.figure
    import pandas as pd

#: How to get a verdict that a search could not give.
_RUN_RANDOM = (
    'Search once more with search={"searcher": "random"} and another '
    "model_dir, and compare both by python -m ednas_tf.report --compare; or "
    "search with hours=, which trains random architectures, too."
)


class Found:
    """A search, finished or stopped, and what it found.

    `ednas_tf.find` and `ednas_tf.load` return it.

    Attributes:
      directory: the directory of the search, with the files that the commands
        read.
      record: what these files say, as `python -m ednas_tf.report` reads them.

    Raises:
      ValueError: the directory holds no search, or files of it are damaged.
    """

    def __init__(self, where: places.Places, kept: object = None):
        """Reads a search.

        Args:
          where: the directories of the search.
          kept: anything that must live as long as this object, such as a
            temporary directory.
        """
        self.directory = where.search
        self.record = run_record.read(where.search, places.parse)
        self._places, self._kept = where, kept

    def __repr__(self) -> str:
        reward = self.genotype.provenance.get("reward")
        parts = [
            f"genotype {self.genotype.fingerprint()}",
            *([] if reward is None else [f"reward {reward:.4f}"]),
            f"{'finished' if self.finished else 'not finished'}",
            f"in {str(self.directory)!r}",
        ]
        return f"<ednas_tf.Found: {', '.join(parts)}>"

    @property
    def finished(self) -> bool:
        """Whether the search has ended; if not, the result is provisional."""
        return self.record.found is not None

    @property
    def genotype(self) -> Genotype:
        """The architecture that was found, or the best so far."""
        return self._ranked[0]["genotype"]

    @functools.cached_property
    def _ranked(self) -> list[dict[str, object]]:
        return ranking.ranked(self.record)

    @property
    def candidates(self) -> pd.DataFrame:
        """The architectures that the result was chosen from, the best first.

        A row for each, whose index is its rank. The columns tell its reward,
        its `genotype` and, depending on how the search decides, its score, loss
        and number of steps in short trainings, and who proposed it, or its
        reward on all validation data.

        Examples:
          >>> found.candidates.loc[0, "genotype"] == found.genotype
          True
        """
        return ranking.frame(self._ranked)

    @functools.cached_property
    def history(self) -> History | None:
        """Frames of what each epoch preferred and earned; see `History`.

        None if the search decides by short trainings alone.

        Examples:
          >>> found.history.rewards.index.tolist()
          [1, 2]
        """
        policies = self.record.policies
        return None if policies is None else History.of(policies)

    @property
    def verdict(self) -> str:
        """Whether the search was better than random search, in sentences."""
        # These modules import SciPy, which takes a second.
        from ednas_tf.analysis import plain_verdict, truth, verdict

        known = self.record.verdict
        if known is None:
            known = truth.of(self.record, None)
            text = " ".join(verdict.verdict([self.record], known))
            return text.replace(verdict.RUN_ONE, _RUN_RANDOM)
        parts = (
            plain_verdict.headline,
            plain_verdict.gain,
            plain_verdict.certainty,
        )
        return " ".join(part(known) for part in parts)

    @property
    def trained(self) -> Trained | None:
        """The training of the result from scratch; None if there is none."""
        if not (self._places.train / RESULT_FILE).exists():
            return None
        return self._trained_in(self._places.train, self._places.export)

    def plot_policies(
        self, cell: str | None = None, kind: str = "operations"
    ) -> matplotlib.figure.Figure:
        """Draws the probabilities at the start, in the middle and at the end.

        Args:
          cell: type of the cell, such as "reduction"; by default the first.
          kind: "operations" of the edges, or "inputs" of the nodes.

        Returns:
          A figure, which a notebook shows.

        Raises:
          ValueError: there is no such cell or kind, or the search has no
            policies.
        """
        return drawing.policies(self.record, cell, kind)

    def plot_progress(self) -> matplotlib.figure.Figure:
        """Draws rewards, and how many choices are open, over the epochs.

        Raises:
          ValueError: the search has no policies.
        """
        return drawing.progress(self.record)

    def plot_cell(self, rank: int = 0) -> drawing.CellPicture:
        """Draws the cells of an architecture.

        Args:
          rank: rank of the architecture in `candidates`.

        Returns:
          A picture, which a notebook shows, and whose method `save` writes a
          file.
        """
        return drawing.CellPicture(self._genotype(rank))

    @errors.in_python
    def report(self, output: str | os.PathLike | None = None) -> pathlib.Path:
        """Writes the HTML report about the search.

        Args:
          output: the file; by default report.html in the directory of the
            search.

        Returns:
          The file.

        Raises:
          ValueError: the file cannot be written, or is not a report.
        """
        return drawing.report(self.record, output)

    @errors.in_python
    def build(
        self,
        rank: int = 0,
        *,
        cells: int | None = None,
        channels: int | None = None,
        **others: object,
    ) -> keras.Model:
        """Builds the network of an architecture, with fresh weights.

        Args:
          rank: rank of the architecture in `candidates`.
          cells: number of cells, at least 3; by default that of the settings.
          channels: number of channels of the first cells, at least 2; by
            default that of the settings.
          **others: further arguments of `ednas_tf.build`. The shape of the
            images, the classes and the standardisation of pixels are each by
            default those of the data of the search.

        Returns:
          A model that maps images, as the search was given them, to
          probabilities of the classes.

        Raises:
          ValueError: see `ednas_tf.build`; or the search was not for images.

        Examples:
          >>> found.build(channels=4).output_shape
          (None, 10)
        """
        given = {"cells": cells, "channels": channels, **others}
        return networks.build(self.record, self._genotype(rank), given)

    @errors.in_python
    def train(
        self,
        rank: int = 0,
        *,
        hours: float | None = None,
        seed: int | None = None,
        model_dir: str | os.PathLike | None = None,
        runtime: Mapping[str, object] | None = None,
        verbose: bool = True,
        **settings: object,
    ) -> Trained:
        """Trains the network of an architecture from scratch, and tests it.

        A training that was stopped, by Ctrl-C for instance, is resumed by the
        same call.

        Args:
          rank: rank of the architecture in `candidates`.
          hours: time that the training may take, in hours.
          seed: random seed; by default that of the search.
          model_dir: directory of the training; by default `train` in the
            directory of the search.
          runtime: settings of the section `runtime`, such as {"data_dir":
            "photos"} if the data have moved.
          verbose: whether progress is printed.
          **settings: settings of the section `train`, such as epochs=20 or
            network={"channels": 16}; others are those of the search.

        Returns:
          The result of the training.

        Raises:
          ValueError: a setting is wrong, or the directory holds another
            training.
          RuntimeError: the training failed.
          KeyboardInterrupt: Ctrl-C stopped it.
        """
        genotype = self._genotype(rank)
        _check_train_settings(settings)
        if hours is not None:
            settings = options.limit(hours) | settings
        sections = {"train": settings, "runtime": runtime}
        name = f"train_{rank}" if rank else "train"
        directory = self._places.train.with_name(name)
        if model_dir is not None:
            directory = places.of(model_dir, "model_dir").search
        given = options.given(sections, seed)
        # What is kept for this object is a temporary directory.
        is_kept = self._kept is None or model_dir is not None
        networks.train(
            self.record, genotype, directory, given, verbose, is_kept
        )
        return self._trained_in(directory, directory / "export")

    @errors.in_python
    def export(
        self,
        export_dir: str | os.PathLike | None = None,
        *,
        litert: bool = False,
        onnx: bool = False,
    ) -> pathlib.Path:
        """Exports the trained network for TensorFlow Serving.

        Args:
          export_dir: directory of all versions; by default that of the run.
          litert: whether to write the formats of LiteRT, too.
          onnx: whether to write the format ONNX, too.

        Returns:
          The directory of the new version, a SavedModel.

        Raises:
          ValueError: the result has not been trained, or the directory cannot
            be used.
          RuntimeError: the export failed.
        """
        trained = self.trained
        if trained is None:
            raise errors.RequestError(
                f"{self._places.train}: expected a finished training, found "
                "none; call train first"
            )
        return trained.export(export_dir, litert=litert, onnx=onnx)

    def _trained_in(self, directory, export_dir):
        white = networks.white_of(self.directory)
        return Trained(directory, export_dir, white, self._kept)

    def _genotype(self, rank: int) -> Genotype:
        count = len(self._ranked)
        is_whole = isinstance(rank, int) and not isinstance(rank, bool)
        if not is_whole or not 0 <= rank < count:
            raise errors.RequestError(
                f"rank: expected a number from 0 to {count - 1}, as there are "
                f"{count} candidates, found {errors.shown(rank)}"
            )
        return self._ranked[rank]["genotype"]


def _check_train_settings(settings):
    """Refuses a section as a setting: `train` takes those of one section."""
    for name in ("data", "policy", "search", "train"):
        if name in settings:
            raise errors.RequestError(
                f"train: {name}: expected settings of the section train alone, "
                "such as epochs=20, as all others are those of the search, "
                f"found {errors.shown(settings[name])}; do not pass {name}"
            )
