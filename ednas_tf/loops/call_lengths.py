"""Splits calls of a compiled loop, so that a signal need not wait for long."""

import time
from collections.abc import Callable, Iterator

#: Seconds that a part of several steps lasts at most.
LONGEST = 5.0


class CallLengths:
    """How many steps a call of the compiled loop has, by their time so far.

    The first step compiles, so that the first two parts have one step each.

    Args:
      clock: returns seconds.

    Attributes:
      between: called between two parts, to answer a signal; None if nothing is
        to be split.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.between: Callable[[], None] | None = None
        self._clock = clock
        self._each: float | None = None

    def split(self, steps: int) -> Iterator[int]:
        """Splits steps into parts, each of which the caller runs at once.

        Yields:
          The steps of the next part.
        """
        while steps:
            part = min(self._most(), steps) if self.between else steps
            begin = self._clock()
            yield part
            compiled = self._each is None
            taken = (self._clock() - begin) / part
            self._each = LONGEST if compiled else taken
            steps -= part
            if steps:
                self.between()

    def _most(self):
        if self._each is None:
            return 1
        return max(1, int(LONGEST / max(self._each, 1e-6)))
