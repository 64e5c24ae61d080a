"""Identifies a model on a server, and words the errors of its requests."""

import dataclasses
import re
from typing import NamedTuple

from ednas_tf import errors

#: The default ports of TensorFlow Serving.
PORTS = {"rest": 8501, "grpc": 8500}

#: Maximum bytes of a response; 4,096 images and 1,000 classes take 80 million.
MOST_BYTES = 2**28

_LABEL = "[A-Za-z0-9_-]{1,63}"
_ADDRESS = re.compile(
    rf"({_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]{{2,45}}\]):([0-9]{{1,5}})"
)


class PredictRequest(NamedTuple):
    """A request to a signature of a model.

    Attributes:
      signature: name of the signature.
      inputs: maps names to nested lists of bytes, str or float.
      what: what is sent, for error messages, such as "32 images".
      smaller: advice that makes the request smaller, for error messages, or an
        empty text.
    """

    signature: str
    inputs: dict[str, list]
    what: str
    smaller: str = ""


@dataclasses.dataclass(frozen=True)
class ServedModel:
    """A model on a server.

    Attributes:
      protocol: "rest" or "grpc".
      address: host:port of the server; if None, TensorFlow Serving's port for
        the protocol on this machine.
      name: the name with which the server was started.
      version: version of the model, or None for the highest one.
      timeout: seconds to wait for a response.
    """

    protocol: str
    address: str | None
    name: str
    version: int | None = None
    timeout: int = 60

    def __post_init__(self):
        if self.protocol not in PORTS:
            raise errors.RequestError(
                f"--protocol: unknown protocol {errors.shown(self.protocol)}"
                f"{errors.nearest(self.protocol, PORTS)}"
            )
        if self.address is None:
            default = f"localhost:{PORTS[self.protocol]}"
            object.__setattr__(self, "address", default)
        found = _ADDRESS.fullmatch(self.address)
        if not found or not 0 < int(found[2]) < 2**16:
            raise errors.RequestError(
                "--address: expected host:port such as localhost:8501, found "
                f"{errors.shown(self.address)}"
            )
        # TensorFlow Serving's paths allow such names only.
        if not re.fullmatch("[^/:]{1,200}", self.name) or not (
            self.name.isprintable()
        ):
            raise errors.RequestError(
                "--model: expected the name that the server was started with, "
                f"without / and :, found {errors.shown(self.name)}"
            )

    @property
    def host(self) -> str:
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def unreachable(self, reason: str) -> errors.RunError:
        """The error if no server answers, or not in this protocol."""
        said = errors.shortened(errors.one_line(reason), 300)
        return errors.RunError(
            f"{self.address}: no server answers over {self.protocol}: {said}; "
            f"start one, or give its port for {self.protocol} as --address"
        )

    def timed_out(self, request: PredictRequest) -> errors.RunError:
        """The error if a server takes too long."""
        smaller = f" or {request.smaller}" if request.smaller else ""
        return errors.RunError(
            f"{self.address}: no response within {self.timeout} s; give a "
            f"longer --timeout{smaller}"
        )

    def refused(self, request: PredictRequest, text: str) -> errors.RunError:
        """The error if a server refuses a request with a reason."""
        said = errors.shortened(errors.one_line(text), 400)
        return errors.RunError(
            f"{self.address} refuses {request.what} for the model "
            f"{self.name!r}: {said}"
        )

    def unexpected_response(self, what: str) -> errors.RunError:
        """The error if a response is not that of an exported model."""
        return errors.RunError(
            f"{self.address}: the response for the model {self.name!r} is not "
            f"that of an exported model: {what}"
        )
