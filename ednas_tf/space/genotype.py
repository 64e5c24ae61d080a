"""Genotypes: descriptions of the cells of one network, kept as strict JSON."""

import dataclasses
import hashlib
import json
import types
from collections.abc import Mapping, Sequence

from ednas_tf.space import cell_space, checks
from ednas_tf.space.checks import GenotypeError as GenotypeError

VERSION = 1

#: What the file may say of where a genotype came from, beside the cells.
PROVENANCE = {
    "reward": (int, float),
    "validation_reward": (int, float),
    "settings_fingerprint": (str,),
    "command": (str,),
}


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


@dataclasses.dataclass(frozen=True, eq=False)
class Genotype:
    """The cells of a network by their type, and where they came from.

    Two genotypes are equal when their spaces and cells are, whatever the
    order of the cells and of the edges into a node, and wherever they came
    from; then, and only then, their fingerprints are the same. The order of a
    cell's output counts. Cells on their own compare with their edges' order.

    Attributes:
      space: the family of cells, "convolutional" for instance.
      cells: cell type -> `Cell`; read-only.
      provenance: reward, fingerprint of the settings and the command that
        trains it, as far as they are known; read-only.
    """

    space: str
    cells: Mapping[str, Cell]
    provenance: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        for name in ("cells", "provenance"):
            frozen = types.MappingProxyType(dict(getattr(self, name)))
            object.__setattr__(self, name, frozen)

    def __eq__(self, other):
        if not isinstance(other, Genotype):
            return NotImplemented
        return self._architecture() == other._architecture()

    def __hash__(self):
        return hash(self._architecture())

    def __reduce__(self):
        # A mapping proxy can be neither copied nor pickled.
        fields = self.space, dict(self.cells), dict(self.provenance)
        return type(self), fields

    @classmethod
    def from_choices(
        cls,
        space: cell_space.CellSpace,
        choices: Mapping[str, tuple[Sequence, Sequence]],
    ) -> "Genotype":
        """Builds a genotype of `space` from sampled choices.

        Args:
          space: the space that was sampled.
          choices: cell type -> (sources, ops), both [nodes, edges that the
            node keeps]: source states, and indices into `space.ops`.

        Raises:
          ValueError: there are not as many operations as edges, or a number is
            out of range. The rest is left to `validate`.
        """
        cells = {}
        for cell_type in space.cell_types:
            edges, ops = choices[cell_type]
            nodes = tuple(
                _chosen_edges(space, i, *node, f"cells.{cell_type}.nodes[{i}]")
                for i, node in enumerate(zip(edges, ops, strict=True))
            )
            cells[cell_type] = Cell(nodes, space.output_states)
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
        checks.expect(
            "space", self.space == space.name, repr(space.name), self.space
        )
        found = sorted(self.cells)
        expected = sorted(space.cell_types)
        checks.expect("cells", found == expected, expected, found)
        for cell_type in space.cell_types:
            cell, where = self.cells[cell_type], f"cells.{cell_type}"
            checks.expect(
                f"{where}.nodes",
                len(cell.nodes) == space.num_nodes,
                f"{space.num_nodes} nodes",
                len(cell.nodes),
            )
            for i, node in enumerate(cell.nodes):
                self._validate_node(space, i, node, f"{where}.nodes[{i}]")
            checks.expect(
                f"{where}.output",
                sorted(cell.output) == sorted(space.output_states),
                list(space.output_states),
                list(cell.output),
            )

    def _validate_node(self, space, i, node, where):
        sources = tuple(sorted(edge.source for edge in node))
        checks.expect(
            where,
            sources in space.edge_choices(i),
            f"{space.fan_in[i]} different sources in "
            f"[0, {space.num_inputs + i})",
            [edge.source for edge in node],
        )
        for j, edge in enumerate(node):
            checks.check_op(edge.op, space.ops, f"{where}[{j}].op")

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that tell architectures apart."""
        text = self._architecture()
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _architecture(self):
        """All but the provenance, as a text that no order of edges changes."""
        described = self._as_dict()
        described.pop("provenance", None)
        for cell in described["cells"].values():
            for node in cell["nodes"]:
                node.sort(key=lambda edge: (edge["from"], edge["op"]))
        return json.dumps(described, sort_keys=True)

    def to_json(self) -> str:
        """The file's text; `from_json` reads it back.

        Raises:
          ValueError: the reward is not finite, which JSON cannot say.
        """
        text = json.dumps(self._as_dict(), indent=2, allow_nan=False)
        return text + "\n"

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
            return cls.from_parsed(checks.parse(text))
        except checks.GenotypeError as error:
            raise checks.GenotypeError(f"{file}: {error}") from None

    @classmethod
    def from_parsed(cls, described: object) -> "Genotype":
        """Like `from_json`, of what `checks.parse` makes of the text."""
        return _read(described)


def _chosen_edges(space, node, sources, ops, where):
    edges = []
    for j, (source, op) in enumerate(zip(sources, ops, strict=True)):
        source, op = int(source), int(op)
        checks.expect_in(
            f"{where}[{j}].from", 0, space.num_inputs + node, source
        )
        checks.expect_in(f"{where}[{j}].op", 0, len(space.ops), op)
        edges.append(Edge(source, space.ops[op]))
    return tuple(edges)


def _read(described):
    checks.keys(
        described, checks.TOP, ("version", "space", "cells"), ("provenance",)
    )
    version = checks.typed(described["version"], "version", int, VERSION)
    checks.expect("version", version == VERSION, VERSION, version)
    checks.typed(described["space"], "space", str, "a string")
    checks.typed(described["cells"], "cells", dict, "an object")
    checks.expect("cells", described["cells"], "at least one cell", {})
    cells = {
        cell_type: _read_cell(cell, f"cells.{cell_type}")
        for cell_type, cell in described["cells"].items()
    }
    provenance = checks.keys(
        described.get("provenance", {}), "provenance", (), PROVENANCE
    )
    for key, value in provenance.items():
        kinds = PROVENANCE[key]
        expected = " or ".join(kind.__name__ for kind in kinds)
        checks.typed(value, f"provenance.{key}", kinds, expected)
    return Genotype(described["space"], cells, provenance)


def _read_cell(cell, where):
    checks.keys(cell, where, ("nodes", "output"))
    nodes = checks.typed(
        cell["nodes"], f"{where}.nodes", list, "a list of nodes"
    )
    checks.expect(f"{where}.nodes", nodes, "at least one node", nodes)
    read = tuple(
        _read_node(node, f"{where}.nodes[{i}]") for i, node in enumerate(nodes)
    )
    output = checks.typed(
        cell["output"], f"{where}.output", list, "a list of states"
    )
    checks.expect(f"{where}.output", output, "at least one state", output)
    for i, state in enumerate(output):
        checks.typed(
            state, f"{where}.output[{i}]", int, "the number of a state"
        )
    return Cell(read, tuple(output))


def _read_node(node, where):
    checks.typed(node, where, list, "a list of edges")
    checks.expect(where, node, "at least one edge", node)
    edges = []
    for j, edge in enumerate(node):
        place = f"{where}[{j}]"
        checks.keys(edge, place, ("from", "op"))
        source = checks.typed(
            edge["from"], f"{place}.from", int, "a state's number"
        )
        op = checks.typed(edge["op"], f"{place}.op", str, "an operation's name")
        edges.append(Edge(source, op))
    return tuple(edges)
