import shutil

import pytest

from ednas_tf import errors
from ednas_tf.monitor import cell_figure
from ednas_tf.space import cell_space, genotype

SPACE = cell_space.convolutional_space(num_nodes=2)


@pytest.fixture
def described():
    edges, ops = [[0, 1], [0, 2]], [[3, 0], [2, 5]]
    return genotype.Genotype.from_choices(
        SPACE, {"normal": (edges, ops), "reduction": (edges, ops)}
    )


def test_every_edge_carries_its_operation(described):
    source = cell_figure.graph(described).source
    for edge, op in (
        ("normal_0 -> normal_2", "sep_conv_3x3"),
        ("normal_1 -> normal_2", "max_pool_3x3"),
        ("reduction_0 -> reduction_3", "skip_connect"),
        ("reduction_2 -> reduction_3", "dil_conv_3x3"),
    ):
        (line,) = [x for x in source.splitlines() if f"{edge} [" in x]
        assert f"label={op} " in line
    assert "normal_3 -> normal_output" in source


@pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz")
def test_a_picture_shows_both_cells_and_every_operation(described, tmp_path):
    cell_figure.draw(described, tmp_path / "cell.svg")
    picture = (tmp_path / "cell.svg").read_text()
    for text in ("normal cell", "reduction cell", "cell before last"):
        assert picture.count(f">{text}<") == 1 + text.startswith("cell")
    for op in ("sep_conv_3x3", "max_pool_3x3", "skip_connect", "dil_conv_3x3"):
        assert picture.count(f">{op}<") == 2


def test_an_unknown_format_is_refused(described, tmp_path):
    with pytest.raises(errors.RequestError, match=r"one of \.svg, \.png"):
        cell_figure.draw(described, tmp_path / "cell.gif")


def test_a_missing_graphviz_is_told_of(described, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(errors.RequestError, match="install Graphviz"):
        cell_figure.draw(described, tmp_path / "cell.svg")
    assert not list(tmp_path.iterdir())
