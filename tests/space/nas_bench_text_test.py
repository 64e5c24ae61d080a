import numpy as np
import pytest

from ednas_tf import ops
from ednas_tf.space import nas_bench_text, published, reading, spaces
from ednas_tf.space.genotype import Edge, Genotype, GenotypeError

TEXT = (
    "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+"
    "|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2|"
)


def test_there_are_as_many_cells_as_the_benchmark_has():
    space = spaces.default("nas_bench_201")
    assert space.size() == 5**6 == 15625
    assert space.edges == ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2))
    assert space.output_states == (3,)


def test_a_string_lists_the_edges_of_each_node():
    genotype = nas_bench_text.read(f"  {TEXT}\n")
    cell = genotype.cells["normal"]
    assert genotype.space == "nas_bench_201"
    assert cell.output == (3,)
    assert cell.nodes == (
        (Edge(0, "nor_conv_3x3"),),
        (Edge(0, "nor_conv_1x1"), Edge(1, "none")),
        (
            Edge(0, "skip_connect"),
            Edge(1, "avg_pool_3x3"),
            Edge(2, "nor_conv_3x3"),
        ),
    )
    assert nas_bench_text.write(genotype) == TEXT
    assert Genotype.from_json(genotype.to_json()) == genotype


def test_all_strings_of_the_benchmark_come_back(shared_data_dir):
    file = shared_data_dir / "nas_bench_201" / "cifar10.npz"
    with np.load(file) as table:
        texts = [text.decode() for text in table["arch"]]
        numbers, names = table["ops"], table["op_names"]
    genotypes = [nas_bench_text.read(text) for text in texts]
    assert [nas_bench_text.write(each) for each in genotypes] == texts
    for genotype, expected in zip(genotypes, numbers, strict=True):
        nodes = genotype.cells["normal"].nodes
        found = [edge.op for node in nodes for edge in node]
        assert found == list(names[expected])


@pytest.mark.parametrize("as_file", [False, True])
def test_genotype_takes_a_string_and_a_file_with_one(as_file, tmp_path):
    given = TEXT
    if as_file:
        (tmp_path / "cell.txt").write_text(f"{TEXT}\n")
        given = "cell.txt"
    found = reading.read(given, ops.names, tmp_path)
    assert nas_bench_text.text_of(found) == TEXT


@pytest.mark.parametrize(
    "text, message",
    [
        ("|none~0|", "3 nodes, as in .OP~0.*found '.none~0.'"),
        (
            TEXT.replace("none", "nine"),
            "node 2: unknown operation 'nine'.*none",
        ),
        (TEXT.replace("none", "sep_conv_3x3"), "unknown operation 'sep_conv"),
        (
            TEXT.replace("none~1", "none~2"),
            r"nodes\[1\]: .* in \[0, 2\), found",
        ),
        (TEXT.replace("|none~1", ""), r"nodes\[1\]: expected 2 different"),
        (TEXT.replace("none~1", "none"), "node 2: expected operation~state"),
        (TEXT[:-1], "node 3: expected edges between vertical bars"),
        ("|", "3 nodes"),
        ("|+|+|", "node 1: expected edges between vertical bars"),
        ("||+||+||", "node 1: expected operation~state, found ''"),
    ],
)
def test_wrong_strings(text, message):
    with pytest.raises(GenotypeError, match=message) as error:
        reading.read(text, ops.names)
    assert str(error.value).startswith("--genotype: ")
    assert "\n" not in str(error.value)


def test_a_cell_of_another_space_has_no_string():
    assert nas_bench_text.text_of(published.published("darts_v2")) is None
