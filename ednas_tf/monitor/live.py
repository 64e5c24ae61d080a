"""What a person sees of a running search: lines, alarms and pictures."""

import io
import time
from collections.abc import Callable, Mapping

import numpy as np

from ednas_tf import errors
from ednas_tf.analysis import alarms, policy_reading
from ednas_tf.analysis.policies import Policies
from ednas_tf.monitor import terminal

#: The share of the time that pictures may take; more are left out.
MOST_TIME = 0.02


class Live:
    """Shows a search after each of its epochs.

    Args:
      planned: the number of epochs of the whole search.
      every: pictures are made at most every so many epochs, and after the last
        one; 0 for no pictures.
      clock: returns seconds.
      in_table: whether rewards are looked up in a table.
      policy: the section `policy` of the settings, for advice.
    """

    def __init__(
        self,
        planned: int,
        every: int,
        clock: Callable[[], float] = time.monotonic,
        in_table: bool = False,
        policy: Mapping[str, object] | None = None,
    ):
        self.planned = planned
        self.every = every
        self.in_table = in_table
        self.policy = policy
        self._clock = clock
        # The first pictures take about a second, as matplotlib is imported.
        self._begin, self._spent, self._one = clock(), 0.0, 1.0
        self._warned = set()

    def tell(
        self,
        policies: Policies,
        learns: bool,
        seconds_left: float | None,
        spent: str = "",
    ) -> dict[str, str]:
        """Prints the line of an epoch, and each alarm when it first occurs.

        Args:
          policies: the policies up to this epoch.
          learns: whether the searcher learns. If not, there are no alarms, as
            they are about what was learnt.
          seconds_left: the estimated time of all epochs that are left; None if
            it is unknown.
          spent: see `terminal.epoch_line`.

        Returns:
          The alarms of this epoch, see `alarms.alarms`.
        """
        line = terminal.epoch_line(policies, self.planned, seconds_left, spent)
        print(line)
        found = {}
        if learns:
            found = alarms.alarms(
                policies, self.planned, self.in_table, self.policy
            )
        for name, text in found.items():
            if name not in self._warned:
                errors.warn(f"epoch {policies.epochs}: {text}")
        self._warned |= found.keys()
        return found

    def images(self, policies: Policies) -> dict[str, np.ndarray]:
        """Pictures for TensorBoard, if they are due.

        Args:
          policies: the policies up to this epoch.

        Returns:
          uint8 [height, width, 3] by tag.
        """
        if not self._is_due(policies.epochs):
            return {}
        begin = self._clock()
        found = _tables(policies) | _cells(policies)
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


def _tables(policies):
    # matplotlib takes a second to import, which only pictures should cost.
    from matplotlib.backends import backend_agg

    from ednas_tf.figures import policy_figure, tables

    kinds, found = {"operations": tables.operations}, {}
    if policies.chooses_inputs:
        kinds["inputs"] = tables.structure
    if policies.has_effects:
        kinds["effects"] = tables.effects
    for cell_type in policies.space.cell_types:
        for kind, make in kinds.items():
            figure = policy_figure.draw(
                make(policies, cell_type), [policies.epochs]
            )
            figure.set_dpi(100)
            canvas = backend_agg.FigureCanvasAgg(figure)
            canvas.draw()
            pixels = np.asarray(canvas.buffer_rgba())[..., :3]
            found[f"policies/{kind}/{cell_type}"] = pixels.copy()
    return found


def _cells(policies):
    """A picture of each most likely cell; none if no cell is more likely."""
    from ednas_tf.figures import cell_figure, cell_layout

    if policy_reading.learnt_nothing(policies):
        return {}
    likely, _ = policy_reading.most_likely(policies)
    return {
        f"cells/most_likely/{cell_type}": _decoded(
            cell_figure.rendered(cell_layout.cell(likely, cell_type), "png")
        )
        for cell_type in likely.cells
    }


def _decoded(png):
    import matplotlib.image

    colours = matplotlib.image.imread(io.BytesIO(png))[..., :3]
    return np.round(255 * colours).astype(np.uint8)
