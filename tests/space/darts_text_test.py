import json
import time

import pytest

from ednas_tf.space import darts_text, published
from ednas_tf.space.convolutional import OPS as CONVOLUTIONAL_OPS
from ednas_tf.space.genotype import Cell, Edge, GenotypeError
from ednas_tf.space.recurrent import OPS as RECURRENT_OPS

OPS = {
    "convolutional": (*CONVOLUTIONAL_OPS, "sep_conv_7x7", "conv_7x1_1x7"),
    "recurrent": RECURRENT_OPS,
}.__getitem__

# The result of the second-order approximation, as the authors print it.
DARTS_V2 = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 1), "
    "('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], "
    "normal_concat=range(2, 6), reduce=[('max_pool_3x3', 0), "
    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), "
    "('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), "
    "('max_pool_3x3', 1)], reduce_concat=range(2, 6))"
)

# The same for their recurrent cell.
DARTS_V2_RNN = (
    "Genotype(recurrent=[('sigmoid', 0), ('relu', 1), ('relu', 1), "
    "('identity', 1), ('tanh', 2), ('sigmoid', 5), ('tanh', 3), ('relu', 5)], "
    "concat=range(1, 9))"
)

# Cells of others, as the authors' code writes them.
AMOEBANET_A = """
# Real et al., regularised evolution.
AmoebaNet = Genotype(
  normal = [
    ('avg_pool_3x3', 0), ('max_pool_3x3', 1), ('sep_conv_3x3', 0),
    ('sep_conv_5x5', 2), ('sep_conv_3x3', 0), ('avg_pool_3x3', 3),
    ('sep_conv_3x3', 1), ('skip_connect', 1), ('skip_connect', 0),
    ('avg_pool_3x3', 1),  # the fifth node
    ],
  normal_concat = [4, 5, 6],
  reduce = (
    ["avg_pool_3x3", 0], ["sep_conv_3x3", 1], ["max_pool_3x3", 0],
    ["sep_conv_7x7", 2], ["sep_conv_7x7", 0], ["avg_pool_3x3", 1],
    ["max_pool_3x3", 0], ["max_pool_3x3", 1], ["conv_7x1_1x7", 0],
    ["sep_conv_3x3", 5,],
  ),
  reduce_concat = (3, 4, 6),
)
"""
ENAS_RNN = """ENAS = Genotype(
    recurrent = [
        ('tanh', 0), ('tanh', 1), ('relu', 1), ('tanh', 3), ('tanh', 3),
        ('relu', 3), ('relu', 4), ('relu', 7), ('relu', 8), ('relu', 8),
        ('relu', 8),
    ],
    concat = [2, 5, 6, 9, 10, 11]
)
"""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (DARTS_V2, "darts_v2"),
        (f"DARTS_V2 = {DARTS_V2}\n", "darts_v2"),
        (AMOEBANET_A, "amoebanet_a"),
        (DARTS_V2_RNN, "darts_v2_rnn"),
        (ENAS_RNN, "enas_rnn"),
    ],
)
def test_published_cells_in_the_format_of_the_darts_authors(text, name):
    assert darts_text.is_text(text)

    assert darts_text.read(text, OPS) == published.published(name)


def test_fields_may_have_any_order():
    found = darts_text.read(
        "Genotype(reduce_concat=[2], normal_concat=[3, 2], "
        "reduce=[('max_pool_3x3', 1), ('skip_connect', 1)], "
        "normal=[('skip_connect', 0), ('skip_connect', 1), "
        "('sep_conv_3x3', 2), ('dil_conv_5x5', 0)])",
        OPS,
    )

    assert found.space == "convolutional"
    assert dict(found.cells) == {
        "normal": Cell(
            (
                (Edge(0, "skip_connect"), Edge(1, "skip_connect")),
                (Edge(2, "sep_conv_3x3"), Edge(0, "dil_conv_5x5")),
            ),
            (3, 2),
        ),
        "reduction": Cell(
            ((Edge(1, "max_pool_3x3"), Edge(1, "skip_connect")),), (2,)
        ),
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{}",
        '{"version": 1}',
        "[]",
        "null",
        "NaN",
        "3",
        "name",
        "(",
        "=",
    ],
)
def test_other_texts_are_not_recognised(text):
    assert not darts_text.is_text(text)


@pytest.mark.parametrize(
    "text", ["# x", "Genotype", "a = 3", "A=B(", "f(x)", "\n\n Genotype("]
)
def test_attempts_at_such_a_text_are_recognised(text):
    assert darts_text.is_text(text)


def changed(old, new, count=1):
    assert old in DARTS_V2
    return DARTS_V2.replace(old, new, count)


LISTS = "a = Genotype(normal=" + "[" * 60000
PAIR = "('sep_conv_3x3', 0)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A = 3", "line 1 column 5: expected Genotype(...), found '3'"),
        ("A = f()", "line 1 column 5: expected Genotype(...), found 'f()'"),
        ("# only", "line 1 column 7: expected Genotype(...), found the end"),
        ("A =\n", "line 2 column 1: expected Genotype(...), found the end"),
        (
            "Genotype()",
            "line 1 column 11: expected normal=... before this, found the end",
        ),
        (
            DARTS_V2[:25],
            "line 1 column 19: expected an operation's name in quotes, found "
            '"\'sep_co"',
        ),
        (DARTS_V2[:-1], "line 1 column 416: expected ')', found the end"),
        (
            DARTS_V2 + ";x",
            "line 1 column 417: expected the end of the text, found ';x'",
        ),
        (
            LISTS,
            "line 1 column 24: expected an operation's name in quotes, found",
        ),
        (
            "Genotype" + "(" * 60000,
            "line 1 column 13: expected an operation's name in quotes, found",
        ),
        (
            "Genotype([], list" + "(list" * 60000,
            "line 1 column 19: expected '[' or '(', found 'list(list",
        ),
        (
            changed("'sep_conv_3x3'", "f'sep_conv_3x3'"),
            "line 1 column 19: expected an operation's name in quotes, found ",
        ),
        (
            changed("'sep_conv_3x3'", "os.system('x')"),
            "line 1 column 19: expected an operation's name in quotes, found ",
        ),
        (
            changed("', 0)", "', x.y)"),
            "line 1 column 35: expected the number of ",
        ),
        (
            changed("', 0)", "', -1)"),
            "line 1 column 35: expected the number of ",
        ),
        (
            changed("', 0)", "', 0x1)"),
            "line 1 column 35: expected the number of ",
        ),
        (
            changed("', 0)", "', " + "1" * 5000 + ")"),
            "line 1 column 35: expected",
        ),
        (
            changed("', 0)", "', 0 + 0)"),
            "line 1 column 37: expected ')', found ",
        ),
        (
            changed("', 0)", "' 'x', 0)"),
            "line 1 column 34: expected ',', found ",
        ),
        (
            changed("reduce=", "normal="),
            "line 1 column 214: expected reduce or ",
        ),
        (
            changed("reduce_concat", "concat"),
            "column 391: expected reduce_concat=",
        ),
        (
            changed("range", "sum"),
            "column 201: expected '[' or '(', found ",
        ),
        (
            changed("(2, 6)", "(2, 99999)"),
            "line 1 column 201: expected a range of at most 16 states, found ",
        ),
        (
            changed("(2, 6)", "(6)"),
            "expected a range of at most 16 states, found",
        ),
        (
            changed("'sep_conv_3x3'", "'sep_conv3x3'"),
            "normal[0]: unknown operation 'sep_conv3x3', did you mean "
            "'sep_conv_3x3'? (one of: ",
        ),
        (
            changed("'skip_connect', 2", "'none', 2"),
            "reduce[2]: unknown operation ",
        ),
        (
            changed("('dil_conv_3x3', 2)", "('dil_conv_3x3', 5)"),
            "normal[7]: expected a number in [0, 5), found 5",
        ),
        (
            changed(PAIR + ", ", ""),
            "normal: expected 2 pairs per node, found '7 pairs'",
        ),
        (
            "Genotype(normal=[],normal_concat=[],reduce=[],reduce_concat=[])",
            "normal: expected 2 pairs per node, found '0 pairs'",
        ),
        (
            changed("(2, 6)", "(1, 6)"),
            "normal_concat[0]: expected a number in [2, 6), found 1",
        ),
        (
            changed("range(2, 6))", "[2, 6])"),
            "reduce_concat[1]: expected a number in [2, 6), found 6",
        ),
    ],
)
def test_invalid_texts_are_refused_with_the_place(text, message):
    with pytest.raises(GenotypeError) as caught:
        darts_text.read(text, OPS)

    assert message in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "concat",
            "normal_concat",
            "line 1 column 136: expected concat=..., found 'normal_concat=",
        ),
        (
            ", concat=range(1, 9)",
            "",
            "column 135: expected concat=... before this",
        ),
        ("recurrent=[", "recurrent=3, b=[", "expected '[' or '(', found \"3"),
        (
            "recurrent",
            "normal",
            "line 1 column 133: expected normal_concat or reduce or "
            "reduce_concat=..., found 'concat=range",
        ),
        (
            "'sigmoid', 0",
            "'sigmoid', 1",
            "recurrent[0]: expected a number in [0, 1), found 1",
        ),
        (
            "'sigmoid', 0",
            "'skip_connect', 0",
            "recurrent[0]: unknown operation 'skip_connect' (one of: ",
        ),
        ("(1, 9)", "(0, 9)", "concat[0]: expected a number in [1, 9), found 0"),
        (
            "(1, 9)",
            "(1, 10)",
            "concat[8]: expected a number in [1, 9), found 9",
        ),
    ],
)
def test_invalid_recurrent_cells_are_refused_with_the_place(old, new, message):
    assert old in DARTS_V2_RNN
    with pytest.raises(GenotypeError) as caught:
        darts_text.read(DARTS_V2_RNN.replace(old, new, 1), OPS)

    assert message in str(caught.value)


NODES = [
    PAIRS[i : i + 2]
    for PAIRS in (
        [("sep_conv_3x3", 0), ("sep_conv_3x3", 1)] * 2
        + [("sep_conv_3x3", 1), ("skip_connect", 0)]
        + [("skip_connect", 0), ("dil_conv_3x3", 2)],
        [("max_pool_3x3", 0), ("max_pool_3x3", 1)]
        + [("skip_connect", 2), ("max_pool_3x3", 1)]
        + [("max_pool_3x3", 0), ("skip_connect", 2)]
        + [("skip_connect", 2), ("max_pool_3x3", 1)],
    )
    for i in range(0, 8, 2)
]
NORMAL, REDUCE = NODES[:4], NODES[4:]
FLAT = [[pair for node in cell for pair in node] for cell in (NORMAL, REDUCE)]
AS_DICTIONARY = {
    "normal": [tuple(node) for node in NORMAL],
    "normal_concat": [2, 3, 4, 5],
    "reduce": [tuple(node) for node in REDUCE],
    "reduce_concat": [2, 3, 4, 5],
}
QUOTED = DARTS_V2.replace("'", "\\'")


@pytest.mark.parametrize(
    "text",
    [
        # A list or a tuple for each node.
        f"Genotype(normal={NORMAL}, normal_concat=range(2, 6), "
        f"reduce={[tuple(n) for n in REDUCE]}, reduce_concat=range(2, 6))",
        # What NumPy 2 and PyTorch print.
        changed("', 0)", "', np.int64(0))"),
        changed("', 0)", "', numpy.uint8( 0 ))"),
        changed("', 0)", "', tensor(0, device='cuda:0'))"),
        changed("'sep_conv_3x3', 0", "np.str_('sep_conv_3x3'), 0"),
        # All forms of the output states.
        changed("range(2, 6)", "range(2, 6, 1)"),
        changed("range(2, 6)", "list(range(2, 6))"),
        changed("range(2, 6)", "tuple(range(2, 6, 1))", 2),
        changed("range(2, 6)", "list([2, 3, 4, 5])"),
        # The names of the fields may lack, all or the first ones.
        f"Genotype({FLAT[0]}, range(2, 6), {FLAT[1]}, range(2, 6))",
        f"Genotype({NORMAL}, [2, 3, 4, 5], reduce_concat=range(2, 6), "
        f"reduce={FLAT[1]})",
        # GDAS: a weight in each pair, and fields of other networks.
        changed("', 0)", "', 0, 0.13017432391643524)"),
        changed("', 0)", "', 0, 1e-05)", 9),
        changed("', 0)", "', 0, np.float32(0.25),)"),
        DARTS_V2[:-1] + ", connectN=None, connects=None)",
        # In quotes.
        f'"{DARTS_V2}"',
        f"'{QUOTED}'",
        # A line of a log, and a module.
        f"2018-06-27 13:25:46,379 genotype = {DARTS_V2}\n",
        f"INFO:root:genotype = {DARTS_V2}\n2018 epoch 50 lr 1e-3 (done)\n",
        f"from x import genotypes\n\nPRIMITIVES = ['none']\n"
        f"A = genotypes.Genotype{DARTS_V2[8:]}\n\nDARTS = A\n",
        f"class Genotype(NamedTuple):\n  pass\n# Genotype(old)\n{DARTS_V2}",
        # A dictionary, of Python or JSON.
        str(AS_DICTIONARY),
        str(AS_DICTIONARY | {"connects": None}),
        json.dumps(AS_DICTIONARY, indent=2),
    ],
)
def test_the_same_cells_as_others_write_them(text):
    assert darts_text.is_text(text)
    assert darts_text.read(text, OPS) == published.published("darts_v2")


def test_recurrent_cells_without_names():
    text = DARTS_V2_RNN.replace("recurrent=", "").replace("concat=", "")
    expected = published.published("darts_v2_rnn")
    assert darts_text.read(text, OPS) == expected


SEVERAL = f"""
from collections import namedtuple
Genotype = namedtuple('Genotype', 'normal normal_concat reduce reduce_concat')

ONE = {DARTS_V2.replace("skip_connect", "avg_pool_3x3")}
TWO = Genotype(
  oops)
THREE = {DARTS_V2}
SAME = {DARTS_V2}
SAME = {DARTS_V2}
{DARTS_V2}
"""


def test_one_of_several_is_chosen_by_its_name():
    assert darts_text.read(SEVERAL, OPS, "THREE") == published.published(
        "darts_v2"
    )
    assert darts_text.read(SEVERAL, OPS, "ONE") != published.published(
        "darts_v2"
    )


@pytest.mark.parametrize(
    "name, message",
    [
        (
            "",
            "expected one genotype, found 6 (ONE in line 5, TWO in line 6, "
            "THREE in line 8, SAME in line 9, SAME in line 10, one without a "
            "name in line 11); add the name of one to the path, as in "
            "--genotype=FILE:NAME, or delete the others",
        ),
        ("SAME", "expected one genotype, found 2 (SAME in line 9, SAME in "),
        ("FOUR", "expected a genotype with the name 'FOUR', found 6 (ONE in"),
        ("TWO", "line 7 column 3: expected normal or normal_concat or "),
    ],
)
def test_which_of_several_genotypes_must_be_clear(name, message):
    with pytest.raises(GenotypeError) as caught:
        darts_text.read(SEVERAL, OPS, name)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"Genotype({NORMAL[:1]}, [2], [()], [2])",
            "column 63: expected an operation's name in quotes, found ')], [2]",
        ),
        (
            f"Genotype({[FLAT[0][:3]]}, [2], {REDUCE[:1]}, [2])",
            "normal[0]: expected 2 pairs, found '3 pairs'",
        ),
        (
            f"Genotype([{NORMAL[0]}, {FLAT[0][0]}], [2], [], [2])",
            "line 1 column 55: expected a list of pairs, as before, found",
        ),
        (
            f"Genotype([{FLAT[0][0]}, {NORMAL[0]}], [2], [], [2])",
            "line 1 column 32: expected a pair, as before, found",
        ),
        (
            changed("range(2, 6)", "range(2, 6, 0)"),
            'expected a range of at most 16 states, found "range(2, 6, 0)',
        ),
        (changed("', 0)", "', np.int64(x))"), "expected the number of a state"),
        (changed("', 0)", "', eval('0'))"), "expected the number of a state"),
        (changed("', 0)", "', 0.5)"), "expected the number of a state"),
        (
            changed("', 0)", "', 0, 'heavy')"),
            "expected ')' or the weight of an operation, found \"'heavy'",
        ),
        (
            f"Genotype({FLAT[0]}, [2], {FLAT[1]}, [2], [3])",
            "expected ')', found '[3])'",
        ),
        (
            DARTS_V2[:-1] + ", connectN=2)",
            "column 427: expected None, found '2)'",
        ),
        (
            str(AS_DICTIONARY | {"x": 1}),
            "expected '}', found \"'x': 1}\"",
        ),
        ("from x import y\n", "line 1 column 1: expected Genotype(...), foun"),
    ],
)
def test_invalid_texts_of_others_are_refused_with_the_place(text, message):
    with pytest.raises(GenotypeError) as caught:
        darts_text.read(text, OPS)
    assert message in str(caught.value)


def test_a_long_text_takes_no_time():
    for part in ("Genotype(", "a.", "A=", "# Genotype(", "'", "tensor(", "x "):
        text = part * 400_000
        begin = time.monotonic()
        with pytest.raises(GenotypeError):
            darts_text.read(f"x = 1\n{text}", OPS)
        assert time.monotonic() - begin < 5


def test_a_recurrent_cell_without_nodes_is_refused():
    with pytest.raises(GenotypeError) as caught:
        darts_text.read("Genotype(recurrent=[], concat=[])", OPS)

    assert str(caught.value) == (
        "recurrent: expected 1 pair per node, found '0 pairs'"
    )
