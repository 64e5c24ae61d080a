"""The searchers that there are, by name, and their settings.

A searcher with settings of its own is registered with their class:

    @dataclasses.dataclass
    class Settings(fields.Section):
        population: int = fields.number(20, at_least=2)

    @searcher("evolution", Settings)
    def evolution(space, seed, settings):
        return Evolution(space, seed, own_settings(settings))

"evolution" is then what `search.searcher` and `--searcher` can name, and
`search.searcher_settings.population` is checked as all settings are.
"""

import dataclasses

from ednas_tf import registry
from ednas_tf.settings import fields, resolve, schema

_SEARCHERS = registry.Registry("searcher", "ednas_tf.searchers")
_SETTINGS: dict[str, type] = {}

#: The names of all known searchers, sorted.
names = _SEARCHERS.names


@dataclasses.dataclass
class _NoSettings(fields.Section):
    """The settings of a searcher that has none of its own."""


def searcher(name: str, settings: type = _NoSettings):
    """Makes the decorated (space, seed, settings) -> Searcher known by a name.

    Args:
      name: what `search.searcher` calls it.
      settings: class of the settings that it alone has: a dataclass, as the
        sections of `settings.schema` are.
    """

    def known(function):
        _SEARCHERS.register(name)(function)
        _SETTINGS[name] = settings
        return function

    return known


def make(space, seed: int, settings: schema.Settings):
    """Makes the searcher that the settings name.

    Args:
      space: the `CellSpace` that it searches.
      seed: of its initial state.
      settings: of the run.

    Raises:
      RequestError: no searcher has this name, or its settings are wrong.
    """
    return _SEARCHERS.get(settings.search.searcher)(space, seed, settings)


def complete(settings: schema.Settings) -> None:
    """Fills in the searcher's own settings where nothing is said.

    TensorFlow is not needed for that.

    Raises:
      RequestError: there is no such searcher or setting, or a value does not
        fit.
    """
    own = own_settings(settings)
    settings.search.searcher_settings = own.as_dict()


def own_settings(settings: schema.Settings):
    """The settings that the run's searcher alone has, checked.

    Returns:
      An object of the class that the searcher was registered with.

    Raises:
      RequestError: there is no such searcher or setting, or a value does not
        fit.
    """
    name = settings.search.searcher
    _SEARCHERS.get(name)
    values = resolve.checked(
        _SETTINGS[name],
        settings.search.searcher_settings,
        f"search.searcher={name}",
        "search.searcher_settings",
    )
    return _SETTINGS[name](**values)
