import itertools

import pytest

from ednas_tf import errors
from ednas_tf.figures import cell_figure, cell_layout
from ednas_tf.figures.cell_layout import Line, Text
from ednas_tf.space import convolutional, genotype, published
from tests.analysis import histories

SPACE = convolutional.convolutional(nodes=2)
#: The least width of a phone's page, without its margins.
PHONE = 358


@pytest.fixture
def cells():
    edges, ops = [[0, 1], [0, 2]], [[3, 0], [2, 5]]
    return genotype.Genotype.from_choices(
        SPACE, {"normal": (edges, ops), "reduction": (edges, ops)}
    )


def of_kind(picture, kind):
    return [shape for shape in picture.shapes if isinstance(shape, kind)]


def texts(picture):
    return [shape.text for shape in of_kind(picture, Text)]


def published_cells(family):
    for name in published.names(family):
        found = published.published(name)
        for cell_type in found.cells:
            yield cell_layout.cell(found, cell_type)


def everything():
    """The pictures of all published cells, and of cells of other spaces."""
    for family in ("convolutional", "recurrent"):
        yield from published_cells(family)
    for space in (histories.UNEVEN, histories.FULL):
        sources = [space.edge_choices(n)[0] for n in range(space.num_nodes)]
        choices = sources, [[1] * len(kept) for kept in sources]
        found = genotype.Genotype.from_choices(
            space, dict.fromkeys(space.cell_types, choices)
        )
        yield cell_layout.cell(found, space.cell_types[0])


def test_every_edge_leads_from_its_source_to_its_node_in_a_row(cells):
    picture = cell_layout.cell(cells, "normal")
    lanes = {text.text: text.x for text in of_kind(picture, Text)[1:]}
    rows = [
        (text.y, text.text)
        for text in of_kind(picture, Text)
        if text.text.replace(" ", "_") in SPACE.ops
    ]
    assert [op for _, op in rows] == [
        *("sep conv 3x3", "max pool 3x3", "skip connect", "dil conv 3x3")
    ]
    arrows = [line for line in of_kind(picture, Line) if line.width == 2]
    for (y, _), arrow, source, node in zip(
        rows, arrows, "0102", "2233", strict=True
    ):
        assert arrow.start == (lanes[source], y)
        assert arrow.end[1] == y and 0 < lanes[node] - arrow.end[0] < 20


def test_no_line_crosses_a_text_and_no_text_another():
    for picture in everything():
        labels = of_kind(picture, Text)
        for label in labels:
            if label.is_centred:
                continue
            for line in of_kind(picture, Line):
                (x1, y1), (x2, y2) = line.start, line.end
                beside = max(x1, x2) < label.x or min(x1, x2) > (
                    label.x + label.width
                )
                apart = max(y1, y2) < label.y - 7 or min(y1, y2) > label.y + 7
                assert beside or apart, (label, line)
        for one, other in itertools.combinations(labels, 2):
            apart = abs(one.y - other.y) >= cell_layout.FONT
            left, right = sorted((one, other), key=lambda text: text.x)
            assert apart or left.x + left.width <= right.x, (one, other)


def test_inputs_have_the_same_place_in_all_pictures():
    found = set()
    for picture in published_cells("convolutional"):
        numbers = [t for t in of_kind(picture, Text) if t.is_centred]
        found.add(tuple((t.text, t.x, t.y) for t in numbers[:2]))
    assert len(found) == 1


def test_a_cell_fits_on_a_phone():
    for picture in published_cells("convolutional"):
        assert picture.width <= PHONE
        right = max(t.x + t.width for t in of_kind(picture, Text))
        assert right <= picture.width


def test_a_recurrent_cell_from_word_and_state_to_the_next_state():
    picture = cell_layout.cell(published.published("enas_rnn"), "recurrent")
    found = texts(picture)
    assert "from x(t) and h(t - 1)" in found and "mean: h(t)" in found
    assert found.count("tanh") + found.count("relu") == 11


def test_every_published_operation_has_a_colour():
    for family in ("convolutional", "recurrent"):
        for picture in published_cells(family):
            assert "#000000" not in {
                line.colour for line in of_kind(picture, Line)
            }


def test_a_picture_shows_both_cells_and_every_operation(cells, tmp_path):
    cell_figure.draw(cells, tmp_path / "cell.svg")
    picture = (tmp_path / "cell.svg").read_text()
    for text in ("normal cell", "reduction cell"):
        assert picture.count(f">{text}<") == 1
    for text in ("sep conv 3x3", "dil conv 3x3", "cell before last"):
        assert picture.count(f">{text}<") == 2


@pytest.mark.parametrize("name, head", [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_other_formats(cells, tmp_path, name, head):
    cell_figure.draw(cells, tmp_path / f"cell.{name}")
    assert (tmp_path / f"cell.{name}").read_bytes().startswith(head)


def test_a_name_that_looks_like_markup_is_a_name():
    space = histories.with_ops(histories.FULL, ("none", "<b>&", "a", "b"))
    sources = [space.edge_choices(n)[0] for n in range(space.num_nodes)]
    choices = sources, [[1] * len(kept) for kept in sources]
    found = genotype.Genotype.from_choices(space, {"cell": choices})
    assert "&lt;b&gt;&amp;" in cell_figure.svg(cell_layout.cell(found, "cell"))


def test_an_unknown_format_is_refused(cells, tmp_path):
    with pytest.raises(errors.RequestError, match=r"one of \.svg, \.png"):
        cell_figure.draw(cells, tmp_path / "cell.gif")
