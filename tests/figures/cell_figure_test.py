import itertools
import re
import shutil

import pytest

from ednas_tf import errors
from ednas_tf.figures import cell_figure
from ednas_tf.space import convolutional, genotype, published
from tests.analysis import histories

SPACE = convolutional.convolutional(nodes=2)

needs_graphviz = pytest.mark.skipif(
    shutil.which("dot") is None, reason="no Graphviz"
)


@pytest.fixture
def cells():
    edges, ops = [[0, 1], [0, 2]], [[3, 0], [2, 5]]
    return genotype.Genotype.from_choices(
        SPACE, {"normal": (edges, ops), "reduction": (edges, ops)}
    )


def test_every_edge_carries_its_operation(cells):
    source = cell_figure.graph(cells).source
    for edge, op in (
        ("normal_0 -> normal_2", "sep_conv_3x3"),
        ("normal_1 -> normal_2", "max_pool_3x3"),
        ("reduction_0 -> reduction_3", "skip_connect"),
        ("reduction_2 -> reduction_3", "dil_conv_3x3"),
    ):
        (line,) = [x for x in source.splitlines() if f"{edge} [" in x]
        assert f"label={op} " in line
    assert "normal_3 -> normal_output" in source


def genotype_of(space):
    """Each node keeps its first edges, with the first operation on them."""
    sources = [space.edge_choices(node)[0] for node in range(space.num_nodes)]
    ops = [[0] * len(kept) for kept in sources]
    choices = dict.fromkeys(space.cell_types, (sources, ops))
    return genotype.Genotype.from_choices(space, choices)


def test_a_cell_with_one_input_and_an_output_that_leaves_nodes_out():
    source = cell_figure.graph(genotype_of(histories.UNEVEN)).source
    assert re.search(r'body_0 \[label="0\s+last cell"', source)
    assert "cell before last" not in source and 'label="body cell"' in source
    edges = re.findall(r"body_(\w+) -> body_(\w+)", source)
    assert edges == [
        *(("0", "1"), ("0", "2"), ("1", "2"), ("0", "3")),
        *(("2", "output"), ("3", "output")),
    ]


def line_of(source, edge):
    (line,) = [x for x in source.splitlines() if f"\t{edge}" in x]
    return line


def test_a_recurrent_cell_from_word_and_state_to_the_next_state():
    source = cell_figure.graph(published.published("enas_rnn")).source
    for edge in (
        *("recurrent_x -> recurrent_0", "recurrent_h -> recurrent_0"),
        "recurrent_output -> recurrent_next",
    ):
        assert "label" not in line_of(source, edge)
    assert "label=tanh " in line_of(source, "recurrent_0 -> recurrent_1 ")
    assert "label=relu " in line_of(source, "recurrent_8 -> recurrent_11")
    outputs = re.findall(r"recurrent_(\d+) -> recurrent_output", source)
    assert outputs == ["2", "5", "6", "9", "10", "11"]


def test_every_published_operation_has_a_colour():
    for name in published.NAMES:
        source = cell_figure.graph(published.published(name)).source
        assert 'color="#000000"' not in source


@needs_graphviz
@pytest.mark.parametrize("name", published.names("recurrent"))
def test_activations_do_not_lie_on_each_other(name, tmp_path):
    cell_figure.draw(published.published(name), tmp_path / "cell.svg")
    picture = (tmp_path / "cell.svg").read_text()
    labels = [
        (float(x), float(y), text)
        for x, y, text in re.findall(
            r'<text [^>]* x="([^"]*)" y="([^"]*)"[^>]*>([a-z]+)</text>', picture
        )
    ]
    nodes = published.published(name).cells["recurrent"].nodes
    ops = [edge.op for (edge,) in nodes]
    assert sorted(ops) == sorted(t for *_, t in labels if t in ops)
    for (x1, y1, one), (x2, y2, other) in itertools.combinations(labels, 2):
        # Letters of 11 points are 6 wide or less, most of the time.
        wide = 3 * (len(one) + len(other))
        assert abs(y1 - y2) >= 11 or abs(x1 - x2) >= wide, (one, other)


@needs_graphviz
def test_a_picture_shows_both_cells_and_every_operation(cells, tmp_path):
    cell_figure.draw(cells, tmp_path / "cell.svg")
    picture = (tmp_path / "cell.svg").read_text()
    for text in ("normal cell", "reduction cell", "cell before last"):
        assert picture.count(f">{text}<") == 1 + text.startswith("cell")
    for op in ("sep_conv_3x3", "max_pool_3x3", "skip_connect", "dil_conv_3x3"):
        assert picture.count(f">{op}<") == 2


@needs_graphviz
def test_the_normal_cell_is_above_the_reduction_cell(cells):
    drawn = cell_figure.rendered(cells, "svg").decode()
    tops = [
        # Upwards they are negative.
        float(re.search(rf"cluster_{name}.*?,(-?[0-9.]+)", drawn, re.S)[1])
        for name in ("normal", "reduction")
    ]
    assert tops[0] < tops[1]


def test_an_unknown_format_is_refused(cells, tmp_path):
    with pytest.raises(errors.RequestError, match=r"one of \.svg, \.png"):
        cell_figure.draw(cells, tmp_path / "cell.gif")


def test_a_missing_graphviz_is_named(cells, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(errors.RequestError, match="install Graphviz"):
        cell_figure.draw(cells, tmp_path / "cell.svg")
    assert not list(tmp_path.iterdir())
