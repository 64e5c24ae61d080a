"""Genotypes: descriptions of a network's cells, stored as strict JSON."""

import dataclasses
import hashlib
import json
import types
from collections.abc import Mapping, Sequence

from ednas_tf.space import cell_space, checks
from ednas_tf.space.checks import GenotypeError as GenotypeError

VERSION = 1

#: Optional fields about the origin of a genotype, and their types.
PROVENANCE = {
    "reward": (int, float),
    "validation_reward": (int, float),
    # How much better than random architectures it is, see `analysis.chance`.
    "gain": (int, float),
    "gain_low": (int, float),
    "gain_high": (int, float),
    "gain_p": (int, float),
    "gain_unit": (str,),
    "settings_fingerprint": (str,),
    "command": (str,),
}


@dataclasses.dataclass(frozen=True)
class Edge:
    """A kept edge of a cell.

    Attributes:
      source: number of the state that it starts from: an input of the cell, or
        a node.
      op: name of its operation.
    """

    source: int
    op: str


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell.

    Attributes:
      nodes: for each node the kept edges into it.
      output: numbers of the states that make its output.
    """

    nodes: tuple[tuple[Edge, ...], ...]
    output: tuple[int, ...]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Genotype:
    """The cells of a network by type, and their origin.

    Two genotypes are equal, and have the same fingerprint, if and only if their
    spaces and cells are equal, whatever the order of the cells and of the edges
    into a node, and whatever their origin. The order of a cell's output counts.
    `Cell` objects on their own compare with the order of their edges.

    Attributes:
      space: the space of the cells, such as "convolutional".
      cells: maps each cell type to its `Cell`; read-only.
      provenance: the reward, the fingerprint of the settings and the command
        for training, as far as known; read-only.
    """

    space: str
    cells: Mapping[str, Cell]
    provenance: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        for name in ("cells", "provenance"):
            frozen = types.MappingProxyType(dict(getattr(self, name)))
            object.__setattr__(self, name, frozen)

    def __repr__(self):
        cells = " and ".join(self.cells)
        return f"<Genotype {self.fingerprint()}: {self.space}, {cells}>"

    def __str__(self):
        """A line for each node: its operations, and where they start from."""
        lines = [f"{self.space}, fingerprint {self.fingerprint()}"]
        for name, cell in self.cells.items():
            lines.append(f"{name}:")
            for node in cell.nodes:
                edges = [f"{edge.op} from {edge.source}" for edge in node]
                lines.append(f"  {', '.join(edges)}")
            lines.append(f"  output: {', '.join(map(str, cell.output))}")
        return "\n".join(lines)

    def __eq__(self, other):
        if not isinstance(other, Genotype):
            return NotImplemented
        return self._architecture() == other._architecture()

    def __hash__(self):
        return hash(self._architecture())

    def __reduce__(self):
        # Mapping proxies can be neither copied nor pickled.
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
          space: the sampled space.
          choices: maps each cell type to (sources, ops), both [nodes, edges of
            the node]: source states, and indices into `space.ops`.

        Raises:
          ValueError: the numbers of edges and operations differ, or a number is
            out of range. Further checks are left to `validate`.
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
        """Validates the genotype and returns the inverse of `from_choices`.

        The edges of a node are sorted by their sources, as in every sampled
        architecture.
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
        """A hash of the architecture, twelve hexadecimal digits."""
        text = self._architecture()
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _architecture(self):
        """A text of all but the provenance, independent of the edges' order."""
        values = self._as_dict()
        values.pop("provenance", None)
        for cell in values["cells"].values():
            for node in cell["nodes"]:
                node.sort(key=lambda edge: (edge["from"], edge["op"]))
        return json.dumps(values, sort_keys=True)

    def to_json(self) -> str:
        """The text for a file, which `from_json` can read.

        Raises:
          ValueError: the reward is not finite, which JSON cannot express.
        """
        text = json.dumps(self._as_dict(), indent=2, allow_nan=False)
        return text + "\n"

    def _as_dict(self):
        values = {
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
            values["provenance"] = dict(self.provenance)
        return values

    @classmethod
    def from_json(cls, text: str, file: str = "genotype") -> "Genotype":
        """Reads a text that `to_json` returned.

        Args:
          text: the JSON text.
          file: name of the text in error messages.

        Raises:
          GenotypeError: the text is not JSON or not a genotype; the message
            names the place, and what was expected and found.
        """
        try:
            return cls.from_parsed(checks.parse(text))
        except checks.GenotypeError as error:
            raise checks.GenotypeError(f"{file}: {error}") from None

    @classmethod
    def from_parsed(cls, parsed: object) -> "Genotype":
        """Like `from_json`, for the result of `checks.parse`."""
        return _read(parsed)


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


def _read(parsed):
    checks.keys(
        parsed, checks.TOP, ("version", "space", "cells"), ("provenance",)
    )
    version = checks.typed(parsed["version"], "version", int, VERSION)
    checks.expect("version", version == VERSION, VERSION, version)
    checks.typed(parsed["space"], "space", str, "a string")
    checks.typed(parsed["cells"], "cells", dict, "an object")
    checks.expect("cells", parsed["cells"], "at least one cell", {})
    cells = {
        cell_type: _read_cell(cell, f"cells.{cell_type}")
        for cell_type, cell in parsed["cells"].items()
    }
    provenance = checks.keys(
        parsed.get("provenance", {}), "provenance", (), PROVENANCE
    )
    for key, value in provenance.items():
        kinds = PROVENANCE[key]
        expected = " or ".join(kind.__name__ for kind in kinds)
        checks.typed(value, f"provenance.{key}", kinds, expected)
    return Genotype(parsed["space"], cells, provenance)


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
