"""Architectures that NNI exports from its DARTS space, in both of its forms.

    {"normal/op_2_0": "sep_conv_3x3", "normal/input_2_0": 0, ...}       NNI 3
    {"normal_n2_p0": "sepconv3x3", "normal_n2_p1": [], ...,
     "normal_n2_switch": ["normal_n2_p0", "normal_n2_p3"], ...}      NNI 1, 2

States have the numbers that they have here, and all nodes are output. NNI 3
exports its other spaces likewise, but their output depends on a setting that
the file does not hold: what has five nodes is refused.
"""

import re
from collections.abc import Iterable, Mapping

from ednas_tf.space import cell_space, checks, convolutional, genotype

_SPACE = convolutional.convolutional()
#: NNI's name of a cell -> the name here.
_CELL_TYPES = {"normal": "normal", "reduce": "reduction"}
_KEY = re.compile(
    r"(?:normal|reduce)"
    r"(?:/(?:op|input)_([0-9]{1,9})_[0-9]+|_n([0-9]{1,9})_(?:p[0-9]+|switch))"
)
#: What NNI 3 exports, too, where it was searched: nothing of a cell.
_OF_THE_NETWORK = ("depth", "width")

#: The operations of NNI 1 and 2, in the order by which they are numbered.
_OLD_NAMES = {
    "maxpool": "max_pool_3x3",
    "avgpool": "avg_pool_3x3",
    "skipconnect": "skip_connect",
    "sepconv3x3": "sep_conv_3x3",
    "sepconv5x5": "sep_conv_5x5",
    "dilconv3x3": "dil_conv_3x3",
    "dilconv5x5": "dil_conv_5x5",
}


def is_export(described: object) -> bool:
    """Whether this parsed JSON is meant to be such an architecture."""
    return isinstance(described, dict) and any(map(_KEY.fullmatch, described))


def read(
    described: Mapping[str, object], known_ops: Iterable[str]
) -> genotype.Genotype:
    """Reads an architecture that NNI exported.

    Args:
      described: the file's object, for which `is_export` holds.
      known_ops: names of the operations that an edge may carry.

    Raises:
      GenotypeError: names the key, what was expected and what found.
    """
    keys = filter(None, map(_KEY.fullmatch, described))
    last = max(int(key[1] or key[2]) for key in keys)
    is_old = not any("/" in key for key in described)
    (_check_old_keys if is_old else _check_keys)(described, last)
    states = range(_SPACE.num_inputs, last + 1)
    cells = {}
    for name, cell_type in _CELL_TYPES.items():
        if is_old:
            nodes = [_old_node(described, f"{name}_n{i}", i) for i in states]
        else:
            nodes = [
                _node(described, name, i, tuple(known_ops)) for i in states
            ]
        cells[cell_type] = genotype.Cell(tuple(nodes), tuple(states))
    return genotype.Genotype(_SPACE.name, cells)


def _check_keys(described, last):
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
    checks.keys(described, checks.TOP, expected, _OF_THE_NETWORK)


def _node(described, name, i, known_ops):
    edges = []
    for j in range(_SPACE.fan_in[0]):
        where = f"{name}/op_{i}_{j}"
        op = checks.typed(described[where], where, str, "an operation's name")
        checks.check_op(op, known_ops, where)
        where = f"{name}/input_{i}_{j}"
        source = described[where]
        if isinstance(source, list) and len(source) == 1:
            source = source[0]
        checks.typed(source, where, int, "the number of one state")
        checks.expect_in(where, 0, i, source)
        edges.append(genotype.Edge(source, op))
    return tuple(edges)


def _check_old_keys(described, last):
    most = _SPACE.num_inputs + cell_space.MOST_NODES - 1
    expected = f"nodes {_SPACE.num_inputs} to {most} at most"
    in_range = _SPACE.num_inputs <= last <= most
    checks.expect(checks.TOP, in_range, expected, f"node {last}")
    switches, inputs = [], []
    for name in _CELL_TYPES:
        for i in range(_SPACE.num_inputs, last + 1):
            switches.append(f"{name}_n{i}_switch")
            inputs += _old_inputs(f"{name}_n{i}", i)
    checks.keys(described, checks.TOP, switches, inputs)


def _old_inputs(node, i):
    """Keys of the operations by which each state before could enter."""
    return [f"{node}_p{source}" for source in range(i)]


def _old_node(described, node, i):
    where, inputs = f"{node}_switch", _old_inputs(node, i)
    chosen = checks.typed(described[where], where, list, "a list of inputs")
    edges = []
    for key in chosen:
        checks.typed(key, where, (int, str), "keys or numbers of inputs")
        if isinstance(key, int):
            checks.expect_in(where, 0, i, key)
            key = inputs[key]
        checks.check_known("input", key, inputs, where)
        source = inputs.index(key)
        edges.append(genotype.Edge(source, _old_op(described, key)))
    return tuple(edges)


def _old_op(described, key):
    op = checks.typed(
        described.get(key), key, (int, str), "an operation's name or number"
    )
    if isinstance(op, int):
        checks.expect_in(key, 0, len(_OLD_NAMES), op)
        return list(_OLD_NAMES.values())[op]
    checks.check_known("operation", op, _OLD_NAMES, key)
    return _OLD_NAMES[op]
