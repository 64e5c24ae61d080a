"""How all plots look: one style, and cividis for amounts."""

import matplotlib
import matplotlib.colors
import matplotlib.figure
from matplotlib import font_manager

from ednas_tf.figures.colours import GREY, INK, PALE

#: The share from which on `amount` is light.
DARK = 0.47

#: The preferred one first; the last one comes with matplotlib, which warns at
#: every text of one that the machine lacks.
_FONTS = ("Liberation Sans", "DejaVu Sans")

_STYLE = {
    "font.family": [
        name for name in _FONTS if name in font_manager.get_font_names()
    ],
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": PALE,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "text.color": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "legend.frameon": False,
    "hatch.linewidth": 0.8,
    "svg.fonttype": "path",
    "svg.hashsalt": "ednas_tf",
    "savefig.facecolor": "white",
}


def figure(
    width: float, height: float, layout: str = "constrained"
) -> matplotlib.figure.Figure:
    """An empty figure in inches; without pyplot, which keeps all it made."""
    with matplotlib.rc_context(_STYLE):
        return matplotlib.figure.Figure((width, height), layout=layout, dpi=150)


def styled(draw):
    """Decorates a function that draws, so that it draws in this look."""

    def drawn(*args, **kwargs):
        with matplotlib.rc_context(_STYLE):
            return draw(*args, **kwargs)

    drawn.__doc__, drawn.__name__ = draw.__doc__, draw.__name__
    return drawn


def amount(share) -> list[str]:
    """Colours of numbers from 0 to 1, as hexadecimal."""
    colours = matplotlib.colormaps["cividis"](share)
    return [matplotlib.colors.to_hex(each) for each in colours]


def on_amount(share: float) -> str:
    """The colour of letters on `amount`: white where that is dark."""
    return "#ffffff" if share < DARK else "#000000"


def number(probability: float) -> str:
    """A probability as it stands in a table: .14, and 1 where it is all."""
    if probability > 0.995:
        return "1"
    return f"{probability:.2f}".removeprefix("0")
