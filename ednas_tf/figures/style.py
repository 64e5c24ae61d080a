"""The look of all plots: one style, and the colours of cividis for amounts."""

import matplotlib
import matplotlib.colors
import matplotlib.figure
import numpy as np
from matplotlib import font_manager

from ednas_tf.figures.colours import GREY, INK, PALE

#: `amount` is dark below this share, and light from it on.
DARK = 0.47
#: The colour of what has no amount.
UNKNOWN = "#eeeeee"

#: The preferred font first; the last one comes with matplotlib, which warns at
#: every text in a font that the machine lacks.
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
    # A $ in the name of a directory or an operation is a $.
    "text.parse_math": False,
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
    """An empty figure, its size in inches.

    It is made without pyplot, which would keep every figure in memory.
    """
    with matplotlib.rc_context(_STYLE):
        return matplotlib.figure.Figure((width, height), layout=layout, dpi=150)


def styled(draw):
    """Decorates a function that draws, so that it draws in this style."""

    def drawn(*args, **kwargs):
        with matplotlib.rc_context(_STYLE):
            return draw(*args, **kwargs)

    drawn.__doc__, drawn.__name__ = draw.__doc__, draw.__name__
    return drawn


def amount(share) -> list[str]:
    """The hexadecimal colours of numbers from 0 to 1; `UNKNOWN` for nan."""
    colours = matplotlib.colormaps["cividis"](np.nan_to_num(share))
    return [
        UNKNOWN if np.isnan(value) else matplotlib.colors.to_hex(colour)
        for value, colour in zip(share, colours, strict=True)
    ]


def on_amount(share: float) -> str:
    """The colour of letters on `amount`: white if that is dark."""
    return "#ffffff" if share < DARK else "#000000"


def signed(value: float, digits: int) -> str:
    """A difference with so many digits after the point: +.14, -1.20."""
    return f"{value:+.{digits}f}".replace("+0.", "+.").replace("-0.", "-.")


def number(probability: float) -> str:
    """A probability as tables show it: .14, 1, or – if it is unknown (nan)."""
    if np.isnan(probability):
        return "–"
    if probability > 0.995:
        return "1"
    return f"{probability:.2f}".removeprefix("0")
