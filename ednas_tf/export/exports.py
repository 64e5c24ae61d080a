"""What every export has, whatever the network is for."""

import abc
import pathlib
from collections.abc import Iterable
from typing import ClassVar, NamedTuple

import numpy as np

from ednas_tf import registry
from ednas_tf.loops.train.trained import Trained

#: Where TensorFlow leaves room for what is not its own.
EXTRA = "assets.extra"

#: The form that TensorFlow's own command runs.
CLI = "saved_model_cli"

Arrays = dict[str, np.ndarray]


class Request(NamedTuple):
    """What is asked of a form of a network.

    Attributes:
      form: a signature, a file of `EXTRA`, or `CLI`, which is
        "serving_default" once more.
      inputs: texts are bytes. One that the form wants beside is the output of
        that name of the request before, as a client hands it on.
    """

    form: str
    inputs: Arrays


_FORMS = registry.Registry(
    "form of export", "ednas_tf.export", ("exports.form",)
)

#: Makes the decorated class, an `Export`, known by a name that
#: `tasks.Task.export_form` can say.
form = _FORMS.register

#: The class that is known by a name.
kind = _FORMS.get


class Export(abc.ABC):
    """A trained network as files, and what is known of their answers.

    Args:
      found: the trained network.
      forms: what else than a SavedModel is wanted, all in `known_forms`.

    Attributes, of the class:
      known_forms: what there can be.
      signature_names: those of the SavedModel.
    """

    known_forms: ClassVar[tuple[str, ...]] = ()
    signature_names: ClassVar[tuple[str, ...]]

    def __init__(self, found: Trained, forms: tuple[str, ...] = ()):
        self.found = found
        self.forms = forms

    @abc.abstractmethod
    def write(self, saved_model: pathlib.Path) -> None:
        """Writes the SavedModel, and what else belongs into its folder.

        Raises:
          RunError: a form cannot be made.
        """

    @abc.abstractmethod
    def warmups(self) -> Iterable[Request]:
        """What a server is to replay, some for each signature."""

    @abc.abstractmethod
    def requests(self) -> list[Request]:
        """What other processes are to ask all forms, in this order."""

    @abc.abstractmethod
    def judge(
        self, requests: list[Request], answers: list[Arrays]
    ) -> dict[str, object]:
        """Compares answers with what the trained network gives.

        Args:
          requests: as the method gave them.
          answers: to each.

        Returns:
          What was found, for the provenance: JSON by name.

        Raises:
          RunError: an answer is another one.
        """

    @abc.abstractmethod
    def told(self, checked: dict[str, object]) -> str:
        """What a person is told of what `judge` found."""
