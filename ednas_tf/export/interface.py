"""The interface that every export implements, whatever its network is for."""

import abc
import pathlib
from collections.abc import Iterable
from typing import ClassVar, NamedTuple

import numpy as np

from ednas_tf import registry
from ednas_tf.loops.train.trained import Trained

#: The request target that stands for TensorFlow's own command.
CLI = "saved_model_cli"

Arrays = dict[str, np.ndarray]


class SignatureRequest(NamedTuple):
    """Inputs for one way to run an exported network.

    Attributes:
      target: what runs the network: a signature, a file in `EXTRA`, such a
        file or "saved_model" after "openvino ", or `CLI`, which runs the
        signature "serving_default".
      inputs: arrays by name; texts are bytes. An input that is not given is the
        output of this name of the previous request, as a client passes it on.
    """

    target: str
    inputs: Arrays


_FORMS = registry.Registry(
    "form of export", "ednas_tf.export", ("interface.register",)
)

#: Registers the decorated `Export` class under a name, which tasks give as
#: their `export_form`.
register = _FORMS.register

#: Returns the `Export` class that is registered under a name.
get = _FORMS.get


class Export(abc.ABC):
    """A trained network that is exported to files, and its expected outputs.

    Args:
      trained: the trained network.
      formats: formats to write besides the SavedModel, all in `known_formats`.

    Class attributes:
      known_formats: the available formats.
      signature_names: the signatures of the SavedModel.
    """

    known_formats: ClassVar[tuple[str, ...]] = ()
    signature_names: ClassVar[tuple[str, ...]]

    def __init__(self, trained: Trained, formats: tuple[str, ...] = ()):
        self.trained = trained
        self.formats = formats

    @abc.abstractmethod
    def write(self, saved_model: pathlib.Path) -> None:
        """Writes the SavedModel and the other files of its folder.

        Raises:
          RunError: the network cannot be converted to a format.
        """

    @abc.abstractmethod
    def warmups(self) -> Iterable[SignatureRequest]:
        """The requests that a server replays, some for each signature."""

    @abc.abstractmethod
    def requests(self) -> list[SignatureRequest]:
        """The requests that other processes run, in this order."""

    @abc.abstractmethod
    def judge(
        self, requests: list[SignatureRequest], answers: list[Arrays]
    ) -> dict[str, object]:
        """Compares answers with the outputs of the trained network.

        Args:
          requests: the requests of the method `requests`.
          answers: the answer to each request.

        Returns:
          The results for the provenance: JSON values by name.

        Raises:
          RunError: an answer differs by more than the tolerance.
        """

    @abc.abstractmethod
    def summary(self, checked: dict[str, object]) -> str:
        """A text for the user about the results of `judge`."""
