"""Images that cannot be decoded: each is reported, and too many end the run.

Files are not checked before a run, so a truncated file is noticed only when a
missing part of it is read. Each process counts only the images it reads itself,
and starts from zero each time.
"""

import threading
from collections.abc import Callable, Iterable

import numpy as np

from ednas_tf import errors

_MOST_NAMED = 3


class BrokenImages:
    """The images that this process failed to decode.

    Args:
      name: the name of the data set.
      allowed: how many images may be left out; one more fails the run.

    Attributes:
      name, allowed: the arguments of these names.
    """

    def __init__(self, name: str, allowed: int):
        self.name, self.allowed = name, allowed
        self._found: list[str] = []
        self._lock = threading.Lock()

    def note(self, images: Iterable[str]) -> None:
        """Adds images that a warning names already; they are not reported."""
        with self._lock:
            self._found += images

    def record(
        self, name_of: Callable[[int], str], numbers: np.ndarray, total: int
    ) -> None:
        """Records broken images, and prints a warning for each new one.

        Args:
          name_of: the function from an image's number to its name.
          numbers: the numbers of the broken images, without repetition.
          total: how many images they were found among.

        Raises:
          RunError: more images are broken than allowed, or all of them are.
        """
        with self._lock:
            for image in (name_of(int(number)) for number in numbers):
                if image not in self._found:
                    self._found.append(image)
                    self._report(image)
            if len(numbers) == total:
                raise errors.RunError(
                    f"{self.name}: none of {total} images can be decoded: "
                    f"{self._named()}; give JPEG or PNG images"
                )

    def contains(
        self, name_of: Callable[[int], str], numbers: np.ndarray
    ) -> np.ndarray:
        """Whether each image with one of these numbers is broken, bool [n]."""
        if not self._found:
            return np.zeros(len(numbers), bool)
        found = set(self._found)
        return np.array([name_of(int(number)) in found for number in numbers])

    def _report(self, image):
        found = len(self._found)
        if found <= self.allowed:
            errors.warn(
                f"{self.name}: {image} cannot be decoded and is left out "
                f"({found} of {self.allowed} allowed)"
            )
            return
        raise errors.RunError(
            f"{self.name}: {found} images cannot be decoded, more than "
            f"runtime.broken_images_allowed={self.allowed}: {self._named()}; "
            "repair them, raise the limit, or remove them and start a new run"
        )

    def _named(self):
        named = ", ".join(self._found[:_MOST_NAMED])
        rest = len(self._found) - _MOST_NAMED
        return named + (f" and {rest} more" if rest > 0 else "")
