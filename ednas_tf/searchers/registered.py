"""The registry of searchers, and the settings of each.

A searcher that has settings of its own is registered with their class:

    @dataclasses.dataclass
    class Settings(fields.Section):
        population: int = fields.number(20, at_least=2)

    @searcher("evolution", Settings)
    def evolution(space, seed, settings):
        return Evolution(space, seed, own_settings(settings))

`search.searcher` and `--searcher` can then be "evolution", and the setting
`search.searcher_settings.population` is checked like all settings.
"""

import copy
import dataclasses

from ednas_tf import registry
from ednas_tf.searchers import policy_rate
from ednas_tf.settings import fields, resolve, schema

_SEARCHERS = registry.Registry("searcher", "ednas_tf.searchers")
_SETTINGS: dict[str, type] = {}

#: Returns the names of all registered searchers, sorted.
names = _SEARCHERS.names


@dataclasses.dataclass
class _NoSettings(fields.Section):
    """Settings of a searcher that has none."""


def searcher(name: str, settings: type = _NoSettings):
    """Registers the decorated (space, seed, settings) -> Searcher as `name`.

    Args:
      name: the name, for `search.searcher`.
      settings: class of the settings that only this searcher has: a dataclass
        like the sections in `settings.schema`.
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
      seed: random seed of its initial state.
      settings: the settings of the run.

    Raises:
      RequestError: no searcher has this name, or its settings are wrong.
    """
    return _SEARCHERS.get(settings.search.searcher)(space, seed, settings)


def make_short(space, seed: int, settings: schema.Settings):
    """Makes the searcher that learns from short trainings.

    Args:
      space, seed: see `make`.
      settings: the settings of the run.

    Raises:
      RequestError: no searcher has this name, or its settings are wrong.
    """
    return make(space, seed, _of_short(settings))


def _of_short(settings: schema.Settings) -> schema.Settings:
    """The settings with those of short trainings in the place of `searcher`.

    The rate of policies suits the number of times that they learn from short
    trainings. The one in the settings is for policy steps, of which there are
    others.
    """
    result, short = copy.deepcopy(settings), settings.search.short
    result.search.searcher = short.searcher
    result.search.searcher_settings = short.searcher_settings
    times = short.trainings // short.proposals
    result.policy.learning_rate = policy_rate.chosen(times)
    return result


def complete(settings: schema.Settings) -> None:
    """Completes `search.searcher_settings` with defaults; needs no TensorFlow.

    Raises:
      RequestError: there is no such searcher or setting, or a value is wrong.
    """
    search = settings.search
    search.searcher_settings = own_settings(settings).as_dict()
    # A search without short trainings has the fingerprint that it had before
    # there were any.
    if search.evidence != "shared":
        own = own_settings(_of_short(settings), "search.short")
        search.short.searcher_settings = own.as_dict()


def own_settings(settings: schema.Settings, section: str = "search"):
    """Checks the settings that only the run's searcher has.

    Args:
      settings: the settings of the run.
      section: the section that they are from, to name in errors.

    Returns:
      An object of the class that the searcher was registered with.

    Raises:
      RequestError: there is no such searcher or setting, or a value is wrong.
    """
    name = settings.search.searcher
    _SEARCHERS.get(name)
    values = resolve.checked(
        _SETTINGS[name],
        settings.search.searcher_settings,
        f"{section}.searcher={name}",
        f"{section}.searcher_settings",
    )
    return _SETTINGS[name](**values)
