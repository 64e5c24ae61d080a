"""The parts of a schema of settings: sections, and fields with limits."""

import dataclasses

from ednas_tf import registry

#: The largest number where a field sets no other limit: a typing error must not
#: take all memory, or be infinite in 32 bits.
_MOST = {int: 10**6, float: 1e30}


class Section:
    """The base class of a dataclass of settings.

    A field holds a plain value, another section, or a dictionary of settings
    that are not known here (those of a searcher). `resolve.checked` checks
    values before they are set; this class takes any value.
    """

    def as_dict(self) -> dict[str, object]:
        """All settings: name -> value, a section being a dictionary, too."""
        return dataclasses.asdict(self)

    def override(self, changes: dict[str, object]) -> None:
        """Changes settings in place.

        Args:
          changes: name -> new value; for a section or a dictionary, a
            dictionary of the settings in it to change.

        Raises:
          KeyError: there is no such setting.
        """
        for name, value in changes.items():
            if name not in vars(self):
                raise KeyError(f"{type(self).__name__} has no setting {name!r}")
            own = getattr(self, name)
            if isinstance(own, Section):
                own.override(value)
            elif isinstance(own, dict):
                setattr(self, name, own | value)
            else:
                setattr(self, name, value)


def number(
    default, at_least=None, above=None, below=None, at_most=None, or_zero=False
):
    """A field for a number: an int or a float, as `default` is.

    Args:
      default: the default value.
      at_least, above, below, at_most: the limits. Without an upper limit the
        number may be at most a million as an int, and 1e30 as a float.
      or_zero: whether 0 is allowed, too. It then stands for a size that is
        chosen to suit data and hardware.
    """
    if below is None and at_most is None:
        at_most = _MOST[type(default)]
    limits = {
        "at_least": at_least,
        "above": above,
        "below": below,
        "at_most": at_most,
        "or_zero": or_zero,
    }
    return dataclasses.field(default=default, metadata=limits)


def choice(*names):
    """A field for one of several names; the first is the default."""
    return dataclasses.field(default=names[0], metadata={"choices": names})


def registered(known: registry.Registry, default: str):
    """A field for a name of a registry, read when a value is checked."""
    return dataclasses.field(default=default, metadata={"names": known.names})


def section(make):
    """A field for a section or a dictionary; `make` makes its default."""
    return dataclasses.field(default_factory=make)
