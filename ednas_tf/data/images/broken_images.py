"""Images that cannot be decoded: named, counted, and at last too many.

No file is read to its end before a run: one that is cut off counts only when a
part that it lacks is wanted. A process counts what it meets itself, anew at
each start.
"""

import threading
from collections.abc import Callable

import numpy as np

from ednas_tf import errors

_MOST_NAMED = 3


class BrokenImages:
    """Those that a process has met.

    Args:
      name: of the data set.
      allowed: so many are left out; one more fails the run.

    Attributes:
      allowed: see there.
    """

    def __init__(self, name: str, allowed: int):
        self._name, self.allowed = name, allowed
        self._found: list[str] = []
        self._lock = threading.Lock()

    def meet(
        self, called: Callable[[int], str], numbers: np.ndarray, of: int
    ) -> None:
        """Takes note of images, and warns of each that is new.

        Args:
          called: what the image of a number is called.
          numbers: of the images, none twice.
          of: how many images they are among.

        Raises:
          RunError: there are more than are allowed, or no others.
        """
        with self._lock:
            for image in (called(int(number)) for number in numbers):
                if image not in self._found:
                    self._found.append(image)
                    self._tell(image)
            if len(numbers) == of:
                raise errors.RunError(
                    f"{self._name}: none of {of} images can be decoded: "
                    f"{self._named()}; give JPEG or PNG images"
                )

    def among(
        self, called: Callable[[int], str], numbers: np.ndarray
    ) -> np.ndarray:
        """Which images of these numbers were met, bool [n]."""
        if not self._found:
            return np.zeros(len(numbers), bool)
        found = set(self._found)
        return np.array([called(int(number)) in found for number in numbers])

    def _tell(self, image):
        found = len(self._found)
        if found <= self.allowed:
            errors.warn(
                f"{self._name}: {image} cannot be decoded and is left out "
                f"({found} of {self.allowed} allowed)"
            )
            return
        raise errors.RunError(
            f"{self._name}: {found} images cannot be decoded, more than "
            f"runtime.broken_images_allowed={self.allowed}: {self._named()}; "
            "repair them, allow for more, or remove them and begin a new run"
        )

    def _named(self):
        named = ", ".join(self._found[:_MOST_NAMED])
        rest = len(self._found) - _MOST_NAMED
        return named + (f" and {rest} more" if rest > 0 else "")
