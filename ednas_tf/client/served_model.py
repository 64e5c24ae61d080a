"""Which model of which server is asked, and how asking it goes wrong."""

import dataclasses
import re
from typing import NamedTuple

from ednas_tf import errors

#: TensorFlow Serving's own.
PORTS = {"rest": 8501, "grpc": 8500}

_LABEL = "[A-Za-z0-9_-]{1,63}"
_ADDRESS = re.compile(
    rf"({_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]{{2,45}}\]):([0-9]{{1,5}})"
)


class Request(NamedTuple):
    """What a signature of a model is asked.

    Attributes:
      signature: its name.
      inputs: name -> nested lists of bytes, str or float.
      what: for errors, as "32 images".
      smaller: what makes a request smaller, if anything does, for errors.
    """

    signature: str
    inputs: dict[str, list]
    what: str
    smaller: str = ""


@dataclasses.dataclass(frozen=True)
class ServedModel:
    """A model as a request names it.

    Attributes:
      protocol: "rest" or "grpc".
      address: of the server, host:port; where None, TensorFlow Serving's port
        for the protocol on this machine.
      name: as the server was started with.
      version: None for the highest that the server has.
      timeout: seconds that an answer may take.
    """

    protocol: str
    address: str | None
    name: str
    version: int | None = None
    timeout: int = 60

    def __post_init__(self):
        if self.protocol not in PORTS:
            raise errors.RequestError(
                f"--protocol: unknown protocol {errors.shown(self.protocol)}, "
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
        # What TensorFlow Serving's own paths allow.
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
        """The error of a server that is not there, or speaks otherwise."""
        said = errors.shortened(errors.one_line(reason), 300)
        return errors.RunError(
            f"{self.address}: no server answers over {self.protocol}: {said}; "
            f"start one, or give its port for {self.protocol} as --address"
        )

    def late(self, request: Request) -> errors.RunError:
        """The error of a server that takes too long."""
        smaller = f" or {request.smaller}" if request.smaller else ""
        return errors.RunError(
            f"{self.address}: no answer within {self.timeout} s; ask for a "
            f"longer --timeout{smaller}"
        )

    def refused(self, request: Request, text: str) -> errors.RunError:
        """The error of a server that says why it gives no answer."""
        said = errors.shortened(errors.one_line(text), 400)
        return errors.RunError(
            f"{self.address} refuses {request.what} for the model "
            f"{self.name!r}: {said}"
        )

    def strange(self, what: str) -> errors.RunError:
        """The error of an answer that is not an exported model's."""
        return errors.RunError(
            f"{self.address}: the answer for the model {self.name!r} is not "
            f"that of an export: {what}"
        )
