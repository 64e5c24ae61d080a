"""Reads architectures that NNI exports from its DARTS space, in three formats.

    {"normal/op_2_0": "sep_conv_3x3", "normal/input_2_0": 0, ...}       NNI 3
    {"normal_n2_p0": "sepconv3x3", "normal_n2_p1": [], ...,
     "normal_n2_switch": ["normal_n2_p0", "normal_n2_p3"], ...}      NNI 1, 2
    {"normal_n2_p0": [false, true, ...], ...,
     "normal_n2_switch": [true, false, true], ...}               NNI before 1.7

States have the same numbers as here, and the output consists of all nodes.
NNI 3 exports its other spaces in the same format, but their output depends on a
setting that the file does not contain; these architectures have five nodes and
are refused.
"""

import re
from collections.abc import Iterable, Mapping

from ednas_tf.space import cell_space, checks, convolutional
from ednas_tf.space.genotype import Cell, Edge, Genotype

_SPACE = convolutional.convolutional()
#: Maps NNI's names of cells to the names here.
_CELL_TYPES = {"normal": "normal", "reduce": "reduction"}
_KEY = re.compile(
    r"(?:normal|reduce)"
    r"(?:/(?:op|input)_([0-9]{1,9})_[0-9]+|_n([0-9]{1,9})_(?:p[0-9]+|switch))"
)
#: Further keys that NNI 3 exports if it searched them; they are not of cells.
_OF_THE_NETWORK = ("depth", "width")

#: The operations of NNI 1 and 2, in the order of their numbers.
_OLD_NAMES = {
    "maxpool": "max_pool_3x3",
    "avgpool": "avg_pool_3x3",
    "skipconnect": "skip_connect",
    "sepconv3x3": "sep_conv_3x3",
    "sepconv5x5": "sep_conv_5x5",
    "dilconv3x3": "dil_conv_3x3",
    "dilconv5x5": "dil_conv_5x5",
}


def is_export(parsed: object) -> bool:
    """Whether this parsed JSON is meant to be an architecture from NNI."""
    return isinstance(parsed, dict) and any(map(_KEY.fullmatch, parsed))


def read(parsed: Mapping[str, object], known_ops: Iterable[str]) -> Genotype:
    """Reads an architecture that NNI exported.

    Args:
      parsed: the object in the file, for which `is_export` holds.
      known_ops: names of the operations that edges may carry.

    Raises:
      GenotypeError: the architecture is invalid; the message names the key, and
        what was expected and found.
    """
    keys = filter(None, map(_KEY.fullmatch, parsed))
    last = max(int(key[1] or key[2]) for key in keys)
    is_old = not any("/" in key for key in parsed)
    (_check_old_keys if is_old else _check_keys)(parsed, last)
    states = range(_SPACE.num_inputs, last + 1)
    cells = {}
    for name, cell_type in _CELL_TYPES.items():
        if is_old:
            nodes = [_old_node(parsed, f"{name}_n{i}", i) for i in states]
        else:
            nodes = [_node(parsed, name, i, tuple(known_ops)) for i in states]
        cells[cell_type] = Cell(tuple(nodes), tuple(states))
    return Genotype(_SPACE.name, cells)


def _check_keys(parsed, last):
    states = range(_SPACE.num_inputs, _SPACE.num_states)
    checks.expect(
        checks.TOP,
        last == states[-1],
        f"nodes {states[0]} to {states[-1]}, as in NNI's DARTS space",
        f"node {last}",
    )
    expected = [
        f"{name}/{kind}_{i}_{j}"
        for name in _CELL_TYPES
        for i in states
        for j in range(_SPACE.fan_in[0])
        for kind in ("op", "input")
    ]
    checks.keys(parsed, checks.TOP, expected, _OF_THE_NETWORK)


def _node(parsed, name, i, known_ops):
    edges = []
    for j in range(_SPACE.fan_in[0]):
        where = f"{name}/op_{i}_{j}"
        op = checks.typed(parsed[where], where, str, "an operation's name")
        checks.check_op(op, known_ops, where)
        where = f"{name}/input_{i}_{j}"
        source = parsed[where]
        if isinstance(source, list) and len(source) == 1:
            source = source[0]
        checks.typed(source, where, int, "the number of one state")
        checks.expect_in(where, 0, i, source)
        edges.append(Edge(source, op))
    return tuple(edges)


def _check_old_keys(parsed, last):
    most = _SPACE.num_inputs + cell_space.MOST_NODES - 1
    expected = f"node numbers from {_SPACE.num_inputs} to {most}"
    in_range = _SPACE.num_inputs <= last <= most
    checks.expect(checks.TOP, in_range, expected, f"node {last}")
    switches, inputs = [], []
    for name in _CELL_TYPES:
        for i in range(_SPACE.num_inputs, last + 1):
            switches.append(f"{name}_n{i}_switch")
            inputs += _old_inputs(f"{name}_n{i}", i)
    checks.keys(parsed, checks.TOP, switches, inputs)


def _old_inputs(node, i):
    """Keys of the operations on the edges from each earlier state."""
    return [f"{node}_p{source}" for source in range(i)]


def _old_node(parsed, node, i):
    where, inputs = f"{node}_switch", _old_inputs(node, i)
    chosen = checks.typed(parsed[where], where, list, "a list of inputs")
    if _is_mask(chosen):
        checks.expect(where, len(chosen) == i, f"{i} booleans", chosen)
        chosen = [source for source, is_on in enumerate(chosen) if is_on]
    edges = []
    for key in chosen:
        checks.typed(key, where, (int, str), "keys or numbers of inputs")
        if isinstance(key, int):
            checks.expect_in(where, 0, i, key)
            key = inputs[key]
        checks.check_known("input", key, inputs, where)
        source = inputs.index(key)
        edges.append(Edge(source, _old_op(parsed, key)))
    return tuple(edges)


def _is_mask(value):
    """Whether a value is a list of booleans, of which true ones are chosen."""
    is_list = isinstance(value, list) and value
    return is_list and all(isinstance(each, bool) for each in value)


def _old_op(parsed, key):
    op = parsed.get(key)
    if _is_mask(op):
        expected = f"{len(_OLD_NAMES)} booleans, one of which is true"
        holds = len(op) == len(_OLD_NAMES) and sum(op) == 1
        checks.expect(key, holds, expected, op)
        op = op.index(True)
    checks.typed(op, key, (int, str), "an operation's name or number")
    if isinstance(op, int):
        checks.expect_in(key, 0, len(_OLD_NAMES), op)
        return list(_OLD_NAMES.values())[op]
    checks.check_known("operation", op, _OLD_NAMES, key)
    return _OLD_NAMES[op]
