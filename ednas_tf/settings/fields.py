"""What the settings are made of: sections of fields, each with its limits."""

import dataclasses

from ednas_tf import registry

#: The largest number where a field sets no other limit: a slip of the finger
#: must neither take all memory nor be infinite in 32 bits.
_MOST = {int: 10**6, float: 1e30}


class Section:
    """The base class of a dataclass of settings.

    A field is a plain value, another section, or a dictionary of plain values
    whose names are known elsewhere. Values are checked by
    `resolve.checked` before they get here; this class takes any.
    """

    def as_dict(self) -> dict[str, object]:
        """All settings by name; a section is a dictionary itself."""
        return dataclasses.asdict(self)

    def override(self, changes: dict[str, object]) -> None:
        """Changes settings in place.

        Args:
          changes: setting -> value; for a section or a dictionary, a dictionary
            of the settings to change in it.

        Raises:
          KeyError: there is no such setting.
        """
        for name, value in changes.items():
            if name not in vars(self):
                raise KeyError(
                    f"{name!r} is no setting of {type(self).__name__}"
                )
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
    """A field of a number, an int or a float as `default` is.

    Args:
      default: the value where none is given.
      at_least, above, below, at_most: the limits; without an upper one, a
        million for an int and 1e30 for a float.
      or_zero: whether 0 is allowed, too, and stands for a size that is chosen
        when the data are known.
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
    """A field of one of several names, by default the first."""
    return dataclasses.field(default=names[0], metadata={"choices": names})


def registered(known: registry.Registry, default: str):
    """A field of a name that a registry knows when a value is checked."""
    return dataclasses.field(default=default, metadata={"names": known.names})


def section(make):
    """A field of a section, which `make` makes with its defaults."""
    return dataclasses.field(default_factory=make)
