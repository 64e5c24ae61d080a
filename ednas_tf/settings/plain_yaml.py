"""YAML limited to plain values: no tags, anchors, aliases or merge keys."""

import yaml

from ednas_tf import errors

#: The most brackets within each other.
_DEEPEST = 20


def parse(text: str):
    """Parses YAML that holds plain values only.

    Raises:
      ValueError: the text is something else. The message names the place, what
        was expected and what was found.
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
        # `_Loader` lets only those pass whose place is not known.
        place = ""
        reason = "expected Unicode, found an escape that is no character"
    except RecursionError:
        place, reason = "", "expected fewer nested sections, found too many"
    raise ValueError(place + errors.shortened(reason, 200))


class _Loader(yaml.SafeLoader):
    """Loads plain values, and refuses everything else.

    Refused are tags, which make objects; aliases and merge keys, which can make
    a huge value of a short file; and a name that occurs twice in a section, of
    which YAML itself drops the first.
    """

    def fetch_flow_collection_start(self, token):
        # The scanner takes time in proportion to the square of the depth.
        if self.flow_level == _DEEPEST:
            expected = f"at most {_DEEPEST} nested brackets"
            _refuse(expected, "more", self.get_mark())
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
            # Such as 2020-13-45, or a number with more digits than Python
            # reads.
            _refuse(
                "a number or a date", errors.shown(node.value), node.start_mark
            )

    def construct_mapping(self, node, deep=False):
        names = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                _refuse("plain values", "the merge key <<", key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                if key.value in names:
                    found = f"{errors.shown(key.value)} twice"
                    _refuse("each name only once", found, key.start_mark)
                names.add(key.value)
        return super().construct_mapping(node, deep)


def _refuse(expected: str, found: str, mark: yaml.Mark):
    raise yaml.MarkedYAMLError(
        problem=f"expected {expected}, found {found}", problem_mark=mark
    )
