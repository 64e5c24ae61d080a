"""Misspelt names of architectures, and malformed texts of DARTS and NNI."""

import json
import re

from hypothesis import strategies as st

from ednas_tf.space import published
from tests.fuzz.genotype_cases import JSON_VALUES, spoilt
from tests.fuzz.harness import Case
from tests.fuzz.parts import (
    DIGITS,
    DRAW,
    SUMMARY,
    TEXTS,
    TRAIN,
    misspelt,
    mutated,
)

_COMMANDS = st.sampled_from([DRAW, SUMMARY, TRAIN])
_NAMES = {"normal": "normal", "reduction": "reduce"}
#: DARTS's names of the fields of a cell.
_FIELDS = {
    "normal": ("normal", "normal_concat"),
    "reduction": ("reduce", "reduce_concat"),
    "recurrent": ("recurrent", "concat"),
}


def asked(genotype, command, files, of_text=False):
    flags = (f"--genotype={genotype}",)
    if command == DRAW:
        flags += ("--output={dir}/cell.svg",)
    elif of_text:
        flags += ("--dataset=penn_treebank",)
    if command == TRAIN:
        flags += ("--model_dir={dir}/run",)
    return Case(command, flags, files)


def darts_text(name):
    """A published genotype in the form of the DARTS authors."""
    fields = []
    for cell_type, cell in published.published(name).cells.items():
        pairs = [(edge.op, edge.source) for node in cell.nodes for edge in node]
        nodes, output = _FIELDS[cell_type]
        fields += [f"{nodes}={pairs}", f"{output}={list(cell.output)}"]
    return f"{name.upper()} = Genotype({', '.join(fields)})"


def nni_export(name="darts_v1"):
    """A published genotype as NNI 3 exports it."""
    parsed = {}
    for cell_type, cell in published.published(name).cells.items():
        for i, node in enumerate(cell.nodes, 2):
            for j, edge in enumerate(node):
                place = f"{i}_{j}"
                parsed[f"{_NAMES[cell_type]}/op_{place}"] = edge.op
                parsed[f"{_NAMES[cell_type]}/input_{place}"] = edge.source
    return parsed


def old_nni_export():
    """What NNI 1 and 2 export, of cells with two nodes."""
    parsed = {}
    for name in _NAMES.values():
        for i in (2, 3):
            inputs = [f"{name}_n{i}_p{j}" for j in range(i)]
            parsed |= dict.fromkeys(inputs[:2], "sepconv3x3")
            parsed |= dict.fromkeys(inputs[2:], [])
            parsed[f"{name}_n{i}_switch"] = inputs[:2]
    return parsed


@st.composite
def names(draw):
    """--genotype is neither a published name nor a file."""
    name = draw(
        st.sampled_from(published.NAMES).flatmap(misspelt)
        | st.sampled_from(["", ".", "~", "*", "DARTS", "nasnet-a", "d" * 5000])
        | st.sampled_from(["--genotype", "\x1b[1m", "darts_v2.json", "a/b/c"])
        | TEXTS.map(lambda text: text.replace("\0", "\x01"))
    )
    return asked(name, draw(_COMMANDS), {"mine.yaml": DIGITS})


_TEXT = darts_text("darts_v2")
_CALL = "__import__('os').system('touch was_run')"
#: Files that are meant to be a DARTS text, and are none as a whole.
DARTS_DOCUMENTS = (
    *("Genotype", "Genotype(", "Genotype()", "Genotype = 3", "# nothing", "a="),
    *(_TEXT[:-1], _TEXT * 2, _TEXT + f"\n{_CALL}", f"{_CALL}\n{_TEXT}"),
    *(f"import os\n{_TEXT}", f"Genotype({_CALL})", f"Genotype(*{_CALL})"),
    *("Genotype(" * 7000, "a=" + "[" * 60000, "a=" + "(" * 60000, "a=" * 30000),
    *("#" * 60000, "\n" * 60000 + "a=", " " * 60000 + "=", "a" * 60000 + "="),
    *("Genotype(normal=" + "[" * 60000, _TEXT + " " * 60000 + "x", "f('{x}')"),
    *("Genotype(normal=[" + "('skip_connect', 0), " * 3000, "x" * 10**6 + "="),
    *(_TEXT.replace("'", '"""'), _TEXT.replace("[", "range("), "a = b = c"),
    *(_TEXT.replace("2", "2" * 30), _TEXT.replace("0", "٠"), "a\0="),
    *(_TEXT.replace("(", "["), _TEXT.replace("Genotype", "exec"), "a: int = 3"),
    *(_TEXT.replace("normal", "reduce"), _TEXT.replace(",", ""), "\ufeff" * 2),
)
#: What may stand where a name, a number or a sign should.
_TOKENS = (
    *(
        "(",
        ")",
        "[",
        "]",
        ",",
        "=",
        "'",
        '"',
        '"""',
        "#",
        "\n",
        "\\",
        "\0",
        ";",
    ),
    *(
        "lambda: 0",
        _CALL,
        f"f'{{{_CALL}}}'",
        "b'x'",
        "'\\x41'",
        "'a' 'b'",
        "{}",
    ),
    *(
        "1e9",
        "-1",
        "0x1",
        "1.5",
        "007",
        "9" * 5000,
        "99",
        "None",
        "True",
        "...",
    ),
    *("range(2, 999999)", "range(0, 10**9)", "range(-1)", "range()", "*[1]"),
    *("**{}", "a.b.c", "a[0]", "[x for x in y]", "(yield)", "é", "\u2028", "-"),
    *("(" * 9000, "[" * 9000, "not " * 9000, "-" * 9000, "1+" * 9000, "'none'"),
    *("'skip_connec'", "'" + "s" * 5000 + "'", "normal", "concat", "recurrent"),
)

_WRAPPED = (
    *("np.int64(", "np.int64(x)", "tensor(0, device=f())", "tensor(" * 9000),
    *("list(", "list(" * 9000, "range(2, 6, 0)", "nan", "1e400", "[[", "((("),
    *("Genotype(", "Genotype()", "class Genotype(", "np.str_('x')", "connects"),
)


@st.composite
def darts_texts(draw):
    """A text of the form of the DARTS authors has a part that is none."""
    text = darts_text(draw(st.sampled_from(published.NAMES)))
    tokens = re.findall(r"\w+|'\w+'|\S|\s", text)
    at = draw(st.integers(0, len(tokens) - 1))
    new = draw(st.sampled_from(_TOKENS))
    if draw(st.booleans()):
        tokens.insert(at, new)
    else:
        tokens[at] = new
    content = draw(
        st.just("".join(tokens).encode())
        | st.sampled_from(DARTS_DOCUMENTS).map(str.encode)
        | mutated(text.encode())
    )
    return asked("{dir}/mine.py", draw(_COMMANDS), {"mine.py": content})


def _nested(name):
    """The text with a list for each node, in the form of GDAS."""
    cells = published.published(name).cells
    fields = [
        [[(e.op, e.source, 0.125) for e in node] for node in cell.nodes]
        for cell in cells.values()
    ]
    outputs = [f"list(range(2, {2 + len(nodes)}, 1))" for nodes in fields]
    each = ", ".join(
        f"{nodes}, {output}"
        for nodes, output in zip(fields, outputs, strict=True)
    )
    return f"Genotype({each})"


#: Texts of others, which all can be read.
DIALECTS = (
    _nested("darts_v2"),
    _TEXT.replace(", 0)", ", np.int64(0))").replace(", 1)", ", tensor(1))"),
    f'"{_TEXT.partition("= ")[2]}"',
    f"2018-06-27 13:25:46,379 genotype = {_TEXT.partition('= ')[2]}",
    f"from collections import namedtuple\nA = 3\n{_TEXT}\nB = A\n",
    "{'normal': [[('skip_connect', 0), ('skip_connect', 1)]], "
    "'normal_concat': [2], 'reduce': [(('skip_connect', 0), "
    "('skip_connect', 1))], 'reduce_concat': [2], 'connects': None}",
)


@st.composite
def dialects(draw):
    """A genotype as others write them has a part that is none."""
    text = draw(st.sampled_from(DIALECTS))
    tokens = re.findall(r"\w+|'\w+'|\S|\s", text)
    at = draw(st.integers(0, len(tokens) - 1))
    new = draw(st.sampled_from(_TOKENS) | st.sampled_from(_WRAPPED))
    if draw(st.booleans()):
        tokens.insert(at, new)
    else:
        tokens[at] = new
    content = draw(st.just("".join(tokens).encode()) | mutated(text.encode()))
    name = draw(st.sampled_from(["", ":A", ":x", ":", ":DARTS_V2"]))
    asked_for = "{dir}/mine.py" + name
    return asked(asked_for, draw(_COMMANDS), {"mine.py": content})


@st.composite
def nni_exports(draw):
    """What NNI exported has a key or a value that does not fit."""
    parsed = draw(st.sampled_from([nni_export, old_nni_export]))()
    key = draw(st.sampled_from(sorted(parsed)))
    value = draw(
        JSON_VALUES
        | st.sampled_from(["none", "sepconv", "normal_n3_p2", [0, 9], [-1]])
        | st.sampled_from([["reduce_n2_p0"], [[0]], [True, False], ["x"] * 999])
    )
    change = draw(st.sampled_from(["put", "put", "rename", "remove", "add"]))
    if change in ("put", "remove", "rename"):
        old = parsed.pop(key)
    if change == "put":
        parsed[key] = value
    elif change == "rename":
        parsed[draw(misspelt(key))] = old
    elif change == "add":
        more = ["normal/op_6_0", "normal_n99999999_p0", "normal_n1_switch", "x"]
        parsed[draw(st.sampled_from(more) | misspelt(key))] = value
    content = json.dumps(parsed).encode()
    return asked("{dir}/mine", draw(_COMMANDS), {"mine": content})


@st.composite
def recurrent_genotypes(draw):
    """A recurrent genotype is spoilt, or given to images."""
    name = draw(st.sampled_from(published.names("recurrent")))
    content = spoilt(draw, json.loads(published.published(name).to_json()))
    command = draw(_COMMANDS)
    of_text = command == SUMMARY and draw(st.booleans())
    return asked("{dir}/mine", command, {"mine": content}, of_text)
