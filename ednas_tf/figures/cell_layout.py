"""Where everything in the picture of a cell stands.

States have lanes from left to right, and time runs downwards. A cell with two
inputs, and a node 2 that adds two operations, looks like this:

    normal cell
    (0) cell before last
     |    (1) last cell
     *-----|---->( ) sep conv 3x3      an edge from 0 to 2
           *---->(2) skip connect      an edge from 1 to 2
                  |
                 [ ] output

An operation stands to the right of the lanes that have begun, so that no line
can cross its name. Inputs have the same place in all pictures.
"""

import dataclasses
from collections.abc import Sequence

from ednas_tf.analysis import op_names
from ednas_tf.figures import colours
from ednas_tf.space import spaces
from ednas_tf.space.genotype import Cell, Genotype

#: Pixels: the distance of lanes, and of rows; a letter's height, and its width
#: on average; half the width of a state; the space around a cell.
LANE, ROW, FONT, LETTER, HALF, MARGIN = 25, 25, 13, 7.5, 10, 8
#: The fillings of states.
_INPUT, _NODE, _OUTPUT, _EDGE = "#d9e8f5", "#f0f0f0", "#fdf0d0", "#8a8a8a"
#: What an input of a cell on images is, counted from the last input.
_INPUTS = {1: "last cell", 2: "cell before last"}
_SOLID, _DASHED = (), (5, 3)


@dataclasses.dataclass(frozen=True)
class Line:
    """A straight line; `dashes` are the lengths of its parts, if it has any."""

    start: tuple[float, float]
    end: tuple[float, float]
    colour: str
    width: float
    dashes: tuple[int, ...] = _SOLID


@dataclasses.dataclass(frozen=True)
class Polygon:
    """A filled polygon: the head of an arrow."""

    points: tuple[tuple[float, float], ...]
    colour: str


@dataclasses.dataclass(frozen=True)
class Box:
    """A rectangle with round corners, which a state is."""

    x: float
    y: float
    width: float
    height: float
    radius: float
    fill: str
    colour: str = _EDGE


@dataclasses.dataclass(frozen=True)
class Text:
    """A text; (x, y) is the middle of its left side, or of the whole."""

    x: float
    y: float
    text: str
    colour: str = colours.INK
    is_bold: bool = False
    is_centred: bool = False

    @property
    def width(self) -> float:
        return LETTER * len(self.text) * (1.1 if self.is_bold else 1)


@dataclasses.dataclass(frozen=True)
class Picture:
    """Shapes in the order in which they are drawn; y is counted downwards."""

    width: float
    height: float
    shapes: tuple[object, ...]


def cell(genotype: Genotype, cell_type: str) -> Picture:
    """The picture of one cell."""
    space = spaces.default(genotype.space)
    drawing = _Drawing(genotype.cells[cell_type], space.num_inputs)
    drawing.title(f"{cell_type} cell")
    if space.family == "recurrent":
        drawing.inputs(["from x(t) and h(t - 1)"])
    else:
        drawing.inputs(
            [
                _INPUTS.get(number, f"{number} cells before")
                for number in range(space.num_inputs, 0, -1)
            ]
        )
    drawing.nodes()
    recurrent = space.family == "recurrent"
    drawing.output("mean: h(t)" if recurrent else "output")
    return drawing.picture()


def side_by_side(pictures: Sequence[Picture]) -> Picture:
    """Several pictures as one."""
    shapes, left = [], 0.0
    for each in pictures:
        shapes += [_moved(shape, left) for shape in each.shapes]
        left += each.width
    return Picture(left, max(p.height for p in pictures), tuple(shapes))


def _moved(shape, right):
    """The shape, moved to the right."""
    if isinstance(shape, Line):
        (x, y), (to_x, to_y) = shape.start, shape.end
        return dataclasses.replace(
            shape, start=(x + right, y), end=(to_x + right, to_y)
        )
    if isinstance(shape, Polygon):
        points = tuple((x + right, y) for x, y in shape.points)
        return dataclasses.replace(shape, points=points)
    return dataclasses.replace(shape, x=shape.x + right)


class _Drawing:
    """A cell that is drawn from top to bottom."""

    def __init__(self, cell: Cell, num_inputs: int):
        self.cell, self.num_inputs = cell, num_inputs
        self.y = MARGIN + FONT / 2
        # Lanes lie below edges, edges below states, and states below texts.
        self.lanes, self.edges, self.states, self.texts = [], [], [], []
        #: The row in which a lane begins, and the last one that reads it.
        self.begins, self.ends = {}, {}

    def title(self, text: str) -> None:
        self.texts.append(Text(MARGIN, self.y, text, is_bold=True))
        self.y += ROW

    def inputs(self, names: Sequence[str]) -> None:
        for state, name in enumerate(names):
            self._state(state, self.y, self.y, _INPUT)
            self._text(state, self.y, name)
            self.y += ROW
        self.y += ROW / 4

    def nodes(self) -> None:
        for state, node in enumerate(self.cell.nodes, self.num_inputs):
            top = self.y
            for edge in sorted(node, key=lambda each: each.source):
                self._edge(edge, state)
                self.y += ROW
            self._state(state, top, self.y - ROW, _NODE)
            self.y += ROW / 4

    def output(self, name: str) -> None:
        kept = sorted(self.cell.output)
        left, right = _x(kept[0]) - HALF, _x(kept[-1]) + HALF
        for state in kept:
            self.ends[state] = self.y - HALF
            self._head((_x(state), self.y - HALF), down=True, colour=_EDGE)
        self.states.append(
            Box(
                *(left, self.y - HALF, right - left, 2 * HALF, HALF),
                fill=_OUTPUT,
            )
        )
        self._text(kept[-1], self.y, name)
        self.y += HALF + MARGIN

    def picture(self) -> Picture:
        for state, begin in self.begins.items():
            end = self.ends.get(state, begin)
            line = Line((_x(state), begin), (_x(state), end), _EDGE, 1.5)
            self.lanes.append(line)
        width = max(text.x + text.width for text in self.texts) + MARGIN
        shapes = (*self.lanes, *self.edges, *self.states, *self.texts)
        return Picture(width, self.y, shapes)

    def _state(self, state, top, bottom, fill):
        """A state with its number, from the row at `top` to `bottom`."""
        self.states.append(
            Box(
                *(_x(state) - HALF, top - HALF, 2 * HALF),
                *(bottom - top + 2 * HALF, HALF),
                fill=fill,
            )
        )
        middle = (top + bottom) / 2
        self.texts.append(Text(_x(state), middle, str(state), is_centred=True))
        self.begins[state] = bottom + HALF

    def _edge(self, edge, state):
        colour = colours.colour(edge.op)
        start, end = _x(edge.source), _x(state) - HALF
        dashes = _DASHED if op_names.is_large(edge.op) else _SOLID
        # A white line below parts an edge from the lanes that it crosses.
        self.edges += [
            Line((start + 3, self.y), (end - 8, self.y), "#ffffff", 6),
            Line((start, self.y), (end - 4, self.y), colour, 2, dashes),
            Box(start - 3, self.y - 3, 6, 6, 3, colour, colour),
        ]
        self._head((end, self.y), down=False, colour=colour)
        self._text(
            state, self.y, op_names.short(edge.op), colours.letters(edge.op)
        )
        self.ends[edge.source] = self.y

    def _head(self, tip, down, colour):
        (x, y), back, side = tip, 8, 4.5
        points = ((x, y), (x - back, y - side), (x - back, y + side))
        if down:
            points = ((x, y), (x - side, y - back), (x + side, y - back))
        self.edges.append(Polygon(points, colour))

    def _text(self, state, y, text, colour=colours.INK):
        self.texts.append(Text(_x(state) + HALF + 6, y, text, colour))


def _x(state):
    """The lane of a state."""
    return MARGIN + HALF + LANE * state
