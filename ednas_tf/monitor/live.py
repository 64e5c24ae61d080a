"""What a person sees of a search while it runs: lines, alarms, pictures."""

import io
import time
from collections.abc import Callable

import numpy as np

from ednas_tf import errors
from ednas_tf.analysis import alarms, policy_reading
from ednas_tf.analysis.policies import Policies
from ednas_tf.monitor import terminal

#: Share of the time that pictures may take; those beyond it are left out.
MOST_TIME = 0.02


class Live:
    """Called after every epoch, outside of all steps.

    Args:
      planned: epochs in all.
      every: pictures come at most every so many epochs, and after the last
        one; 0 for none.
      clock: () -> seconds.
    """

    def __init__(
        self,
        planned: int,
        every: int,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.planned = planned
        self.every = every
        self._clock = clock
        self._pace = terminal.Pace(clock)
        # The first pictures take about a second, as matplotlib is imported.
        self._begin, self._spent, self._one = clock(), 0.0, 1.0
        self._told = set()

    def tell(self, policies: Policies, learns: bool) -> None:
        """Prints the epoch's line; warns, once, of each thing that is wrong.

        Args:
          policies: up to this epoch.
          learns: whether they are learnt, so that alarms have a meaning.
        """
        left = self._pace.left(self.planned - policies.epochs)
        print(terminal.epoch_line(policies, self.planned, left))
        found = alarms.alarms(policies, self.planned) if learns else {}
        for name in found.keys() - self._told:
            errors.warn(f"epoch {policies.epochs}: {found[name]}")
        self._told |= found.keys()

    def images(self, policies: Policies) -> dict[str, np.ndarray]:
        """Pictures by TensorBoard tag, uint8 [height, width, 3]; often none."""
        if not self._is_due(policies.epochs):
            return {}
        begin = self._clock()
        found = _tables(policies) | self._cells(policies)
        self._one = self._clock() - begin
        self._spent += self._one
        return found

    def _is_due(self, epoch):
        if not self.every:
            return False
        if epoch == self.planned:
            return True
        passed = self._clock() - self._begin
        in_time = self._spent + self._one <= MOST_TIME * passed
        return epoch % self.every == 0 and in_time

    def _cells(self, policies):
        from ednas_tf.figures import cell_figure

        described, _ = policy_reading.most_likely(policies)
        try:
            png = cell_figure.rendered(described, "png")
        except errors.RequestError as error:
            if "cells" not in self._told:
                errors.warn(f"TensorBoard shows no cells: {error}")
            self._told.add("cells")
            return {}
        return {"cells/most_likely": _decoded(png)}


def _tables(policies):
    # matplotlib takes a second to import: not where nothing is drawn.
    from matplotlib.backends import backend_agg

    from ednas_tf.figures import policy_figure, tables

    found = {}
    for cell_type in policies.space.cell_types:
        for kind, make in (
            ("operations", tables.operations),
            ("inputs", tables.structure),
        ):
            figure = policy_figure.draw(
                make(policies, cell_type), [policies.epochs]
            )
            figure.set_dpi(100)
            canvas = backend_agg.FigureCanvasAgg(figure)
            canvas.draw()
            pixels = np.asarray(canvas.buffer_rgba())[..., :3]
            found[f"policies/{kind}/{cell_type}"] = pixels.copy()
    return found


def _decoded(png):
    import matplotlib.image

    colours = matplotlib.image.imread(io.BytesIO(png))[..., :3]
    return np.round(255 * colours).astype(np.uint8)
