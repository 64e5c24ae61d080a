"""YAML that can say values and nothing else."""

import yaml

from ednas_tf import errors

#: Brackets within each other.
_DEEPEST = 20


def parse(text: str):
    """Parses YAML of nothing but plain values.

    Raises:
      ValueError: it is not; names the place, what was expected and what found.
    """
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: "
        reason = " ".join(filter(None, (error.context, error.problem)))
    except yaml.reader.ReaderError as error:
        place = f"character {error.position + 1}: "
        reason = f"expected printable text, found {chr(error.character)!r}"
    except (ValueError, OverflowError):
        # What the loader itself can say where it is has been caught there.
        place, reason = "", "expected Unicode, found an escape of no character"
    except RecursionError:
        place, reason = "", "expected sections in sections, found deeper ones"
    raise ValueError(place + errors.shortened(reason, 200))


class _Loader(yaml.SafeLoader):
    """YAML of plain values.

    Refuses tags, which ask for objects, aliases and merges, by which a short
    file becomes a huge value, and a name that stands twice: YAML itself drops
    the first.
    """

    def fetch_flow_collection_start(self, token):
        # The time that the scanner takes grows as the depth squared.
        if self.flow_level == _DEEPEST:
            found = "deeper ones"
            _refuse(f"{_DEEPEST} brackets in brackets", found, self.get_mark())
        super().fetch_flow_collection_start(token)

    def compose_node(self, parent, index):
        event = self.peek_event()
        found = {
            "the alias *": isinstance(event, yaml.AliasEvent) and event.anchor,
            "the anchor &": event.anchor,
            "the tag ": getattr(event, "tag", None),
        }
        for what, name in found.items():
            if name:
                _refuse("plain values", f"{what}{name}", event.start_mark)
        return super().compose_node(parent, index)

    def construct_object(self, node, deep=False):
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError):
            # 2020-13-45, or a number of more digits than Python reads.
            _refuse(
                "a number or a date", errors.shown(node.value), node.start_mark
            )

    def construct_mapping(self, node, deep=False):
        names = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                _refuse("settings by name", "the merge key <<", key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                if key.value in names:
                    found = f"{errors.shown(key.value)} twice"
                    _refuse("each name once", found, key.start_mark)
                names.add(key.value)
        return super().construct_mapping(node, deep)


def _refuse(expected, found, mark):
    raise yaml.MarkedYAMLError(
        problem=f"expected {expected}, found {found}", problem_mark=mark
    )
