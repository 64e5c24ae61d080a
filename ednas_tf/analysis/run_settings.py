"""What the settings file of a search says that an analysis needs."""

import pathlib
from collections.abc import Callable, Mapping

from ednas_tf import errors, whole_files
from ednas_tf.space import cell_space, spaces

#: What to give in place of a directory that is not one of a search.
SEARCH = "the --model_dir of a search"
#: What to do about a search without a finished epoch.
RESUME = (
    "if the search was stopped, start it again with this --model_dir, which "
    "resumes it"
)
#: The most that a setting can say.
_MOST_EPOCHS = 10**6


def read(
    file: pathlib.Path, parse: Callable[[str], object]
) -> Mapping[str, object]:
    """Reads a settings file; sections become dictionaries.

    Args:
      file: `params.yaml` in the directory of a search.
      parse: makes a value of a text in YAML.

    Raises:
      RequestError: there is no such file, or it holds no settings.
    """
    if not file.exists():
        raise errors.RequestError(
            f"{file.parent}: expected the directory of a search, found no "
            f"{file.name} in it; give {SEARCH}"
        )
    text = whole_files.read(file, SEARCH, 2**16)
    try:
        settings = parse(text)
    except ValueError as error:
        raise errors.RequestError(
            f"{file}: not YAML: {error}; give {SEARCH}"
        ) from None
    if not isinstance(settings, dict):
        raise errors.RequestError(
            f"{file}: expected settings, found {errors.shown(settings)}; give "
            f"{SEARCH}"
        )
    return settings


def setting(
    settings: Mapping[str, object], name: str, default: object = None
) -> object:
    """The value of a setting, "search.epochs" for instance."""
    for part in name.split("."):
        if not isinstance(settings, Mapping) or part not in settings:
            return default
        settings = settings[part]
    return settings


def reward_in_words(
    settings: Mapping[str, object], space: cell_space.CellSpace
) -> str:
    """What a reward of a search is: "accuracy", for instance.

    Args:
      settings: the settings of the search.
      space: the space that was searched.
    """
    if space.family == "recurrent":
        factor = setting(settings, "policy.perplexity_reward", 80)
        return f"{factor} / perplexity"
    reward = str(setting(settings, "policy.reward", "accuracy"))
    known = {
        "balanced_accuracy": "mean of the accuracies of all classes",
        "log_likelihood": "mean log-likelihood of an image, in nats",
    }
    return known.get(reward, reward)


def epochs(settings: Mapping[str, object], file: pathlib.Path) -> int:
    """The number of epochs of the whole search.

    Raises:
      RequestError: the settings, which are those in `file`, do not say it.
    """
    found = _expect(settings, file, "search.epochs", int)
    if not 1 <= found <= _MOST_EPOCHS:
        raise errors.RequestError(
            f"{file}: search.epochs: expected a number from 1 to "
            f"{_MOST_EPOCHS}, found {errors.shown(found)}; give {SEARCH}"
        )
    return found


def space(
    settings: Mapping[str, object], file: pathlib.Path
) -> cell_space.CellSpace:
    """The space that was searched.

    Raises:
      RequestError: the settings, which are those in `file`, do not say it, or
        no space has this name or such cells.
    """
    nodes = _expect(settings, file, "search.space.nodes", int)
    ops = _expect(settings, file, "search.space.ops", list)
    if setting(settings, "search.space.name") is None:
        raise errors.RequestError(
            f"{file}: search.space.name: expected the name of a space, found "
            "none: an older version of ednas_tf wrote this file; search again "
            "in a new --model_dir"
        )
    name = _expect(settings, file, "search.space.name", str)
    if not 1 <= nodes <= cell_space.MOST_NODES:
        raise errors.RequestError(
            f"{file}: search.space.nodes: expected a number from 1 to "
            f"{cell_space.MOST_NODES}, found {errors.shown(nodes)}; give "
            f"{SEARCH}"
        )
    try:
        return spaces.make(name, nodes, tuple(map(str, ops)))
    except ValueError as error:
        raise errors.RequestError(
            f"{file}: search.space: {error}; give {SEARCH}"
        ) from None


def _expect(settings, file, name, kind):
    value = setting(settings, name)
    if not isinstance(value, kind) or isinstance(value, bool) or not value:
        raise errors.RequestError(
            f"{file}: {name}: expected the setting of a search, found "
            f"{errors.shown(value)}; give {SEARCH}"
        )
    return value
