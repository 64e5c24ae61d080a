"""Genotypes: descriptions of the cells of one network, kept as strict JSON."""

import dataclasses
import hashlib
import json
import types
from collections.abc import Mapping, Sequence

from ednas_tf import errors
from ednas_tf.space import cell_space

VERSION = 1

#: What the file may say of where a genotype came from, beside the cells.
PROVENANCE = {"reward": (int, float), "fingerprint": (str,), "command": (str,)}


class GenotypeError(errors.RequestError):
    """A genotype that cannot be read or does not fit; names the place."""


@dataclasses.dataclass(frozen=True)
class Edge:
    """One kept edge: the state it starts at and the operation it carries."""

    source: int
    op: str


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell: the kept edges of every node, and the states it outputs."""

    nodes: tuple[tuple[Edge, ...], ...]
    output: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Genotype:
    """The cells of a network by their type, and where they came from.

    Attributes:
      space: the family of cells, "convolutional" for instance.
      cells: cell type -> `Cell`; read-only.
      provenance: reward, fingerprint of the settings and the command that
        trains it, as far as they are known. Not part of equality.
    """

    space: str
    cells: Mapping[str, Cell]
    provenance: Mapping[str, object] = dataclasses.field(
        default_factory=dict, compare=False
    )

    def __post_init__(self):
        for name in ("cells", "provenance"):
            frozen = types.MappingProxyType(dict(getattr(self, name)))
            object.__setattr__(self, name, frozen)

    @classmethod
    def from_choices(
        cls,
        space: cell_space.CellSpace,
        choices: Mapping[str, tuple[Sequence, Sequence]],
    ) -> "Genotype":
        """Builds a genotype of `space` from sampled choices.

        Args:
          space: the space that was sampled.
          choices: cell type -> (edges, ops), both [num_nodes,
            edges_per_node]: source states, and indices into `space.ops`.
        """
        cells = {}
        for cell_type in space.cell_types:
            edges, ops = choices[cell_type]
            nodes = tuple(
                tuple(
                    Edge(int(source), space.ops[int(op)])
                    for source, op in zip(*node, strict=True)
                )
                for node in zip(edges, ops, strict=True)
            )
            output = tuple(range(space.num_inputs, space.num_states))
            cells[cell_type] = Cell(nodes, output)
        return cls(space.name, cells)

    def choices(
        self, space: cell_space.CellSpace
    ) -> dict[str, tuple[list[list[int]], list[list[int]]]]:
        """The inverse of `from_choices`, after validating.

        A node's edges come out in the order of their sources, as every
        sampled selection has them.
        """
        self.validate(space)
        result = {}
        for cell_type in space.cell_types:
            nodes = [
                sorted(node, key=lambda edge: edge.source)
                for node in self.cells[cell_type].nodes
            ]
            result[cell_type] = (
                [[edge.source for edge in node] for node in nodes],
                [[space.ops.index(edge.op) for edge in node] for node in nodes],
            )
        return result

    def validate(self, space: cell_space.CellSpace) -> None:
        """Raises `GenotypeError` unless this is an architecture of `space`."""
        _expect("space", self.space == space.name, space.name, self.space)
        found = sorted(self.cells)
        expected = sorted(space.cell_types)
        _expect("cells", found == expected, expected, found)
        whole = tuple(range(space.num_inputs, space.num_states))
        for cell_type in space.cell_types:
            cell, where = self.cells[cell_type], f"cells.{cell_type}"
            _expect(
                f"{where}.nodes",
                len(cell.nodes) == space.num_nodes,
                f"{space.num_nodes} nodes",
                len(cell.nodes),
            )
            for i, node in enumerate(cell.nodes):
                self._validate_node(space, i, node, f"{where}.nodes[{i}]")
            _expect(
                f"{where}.output",
                sorted(cell.output) == list(whole),
                list(whole),
                list(cell.output),
            )

    def _validate_node(self, space, i, node, where):
        sources = tuple(sorted(edge.source for edge in node))
        _expect(
            where,
            sources in space.edge_choices(i),
            f"{space.edges_per_node} edges from different states of "
            f"0 to {space.num_inputs + i - 1}",
            f"edges from {list(sources)}",
        )
        for j, edge in enumerate(node):
            check_op(edge.op, space.ops, f"{where}[{j}].op")

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that tell architectures apart."""
        described = self._as_dict()
        described.pop("provenance", None)
        text = json.dumps(described, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def to_json(self) -> str:
        """The file's text; `from_json` reads it back."""
        return json.dumps(self._as_dict(), indent=2) + "\n"

    def _as_dict(self):
        described = {
            "version": VERSION,
            "space": self.space,
            "cells": {
                cell_type: {
                    "nodes": [
                        [{"from": e.source, "op": e.op} for e in node]
                        for node in cell.nodes
                    ],
                    "output": list(cell.output),
                }
                for cell_type, cell in self.cells.items()
            },
        }
        if self.provenance:
            described["provenance"] = dict(self.provenance)
        return described

    @classmethod
    def from_json(cls, text: str, file: str = "genotype") -> "Genotype":
        """Reads what `to_json` wrote.

        Args:
          text: the JSON text.
          file: what to call the text in errors.

        Raises:
          GenotypeError: the text is not JSON or not a genotype; the message
            names the place in the file, what was expected and what found.
        """
        try:
            described = json.loads(text, object_pairs_hook=_unique_keys)
        except (ValueError, RecursionError) as error:
            raise GenotypeError(f"{file}: not JSON: {error}") from None
        try:
            return _read(described)
        except GenotypeError as error:
            raise GenotypeError(f"{file}: {error}") from None


def check_op(op: str, valid, where: str) -> None:
    """Raises `GenotypeError` unless `op` is one of the names in `valid`."""
    if op not in valid:
        raise GenotypeError(
            f"{where}: unknown operation {op!r}, {errors.nearest(op, valid)}"
        )


def _expect(where, holds, expected, found):
    if not holds:
        raise GenotypeError(f"{where}: expected {expected}, found {found!r}")


def _unique_keys(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError(f"a key stands twice in {keys}")
    return dict(pairs)


def _typed(value, where, kind, expected):
    # bool is an int to Python; JSON's true is no number.
    holds = isinstance(value, kind) and not isinstance(value, bool)
    _expect(where, holds, expected, value)
    return value


def _object(value, where, required, optional=()):
    _typed(value, where, dict, "an object")
    for key in required:
        _expect(where, key in value, f"the key {key!r}", sorted(value))
    for key in value:
        if key not in required and key not in optional:
            valid = errors.nearest(key, [*required, *optional])
            raise GenotypeError(f"{where}: unknown key {key!r}, {valid}")
    return value


def _read(described):
    where = "(top level)"
    _object(described, where, ("version", "space", "cells"), ("provenance",))
    version = described["version"]
    _expect(
        "version", version == VERSION and version is not True, VERSION, version
    )
    _typed(described["space"], "space", str, "a string")
    _typed(described["cells"], "cells", dict, "an object")
    _expect("cells", described["cells"], "at least one cell", {})
    cells = {
        cell_type: _read_cell(cell, f"cells.{cell_type}")
        for cell_type, cell in described["cells"].items()
    }
    provenance = _object(
        described.get("provenance", {}), "provenance", (), PROVENANCE
    )
    for key, value in provenance.items():
        kinds = PROVENANCE[key]
        expected = " or ".join(kind.__name__ for kind in kinds)
        _typed(value, f"provenance.{key}", kinds, expected)
    return Genotype(described["space"], cells, provenance)


def _read_cell(cell, where):
    _object(cell, where, ("nodes", "output"))
    nodes = _typed(cell["nodes"], f"{where}.nodes", list, "a list of nodes")
    _expect(f"{where}.nodes", nodes, "at least one node", nodes)
    read = tuple(
        _read_node(node, f"{where}.nodes[{i}]") for i, node in enumerate(nodes)
    )
    output = _typed(cell["output"], f"{where}.output", list, "a list of states")
    _expect(f"{where}.output", output, "at least one state", output)
    for i, state in enumerate(output):
        _typed(state, f"{where}.output[{i}]", int, "the number of a state")
    return Cell(read, tuple(output))


def _read_node(node, where):
    _typed(node, where, list, "a list of edges")
    _expect(where, node, "at least one edge", node)
    edges = []
    for j, edge in enumerate(node):
        place = f"{where}[{j}]"
        _object(edge, place, ("from", "op"))
        source = _typed(edge["from"], f"{place}.from", int, "a state's number")
        op = _typed(edge["op"], f"{place}.op", str, "an operation's name")
        edges.append(Edge(source, op))
    return tuple(edges)
