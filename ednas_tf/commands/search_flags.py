"""The flag --searcher, and the settings of the commands that search."""

from absl import flags

from ednas_tf import ops, tasks
from ednas_tf.commands import settings_flags
from ednas_tf.settings import schema

FLAG = flags.DEFINE_string(
    "searcher",
    None,
    "Searcher that proposes architectures, such as ednas or random.",
)


def settings() -> schema.Settings:
    """The settings from the flags, with all names in them checked.

    The check imports no module that imports TensorFlow.

    Raises:
      RequestError: see `settings_flags.settings`; or the space or an operation
        does not exist.
    """
    result = settings_flags.settings(search={"searcher": FLAG.value})
    task = tasks.kind(result.task)
    tasks.space_of(result, task.family)
    ops.check(result.search.space.ops, task.family)
    return result


def given() -> list[str]:
    """The flag as an argument for another command, if it was given."""
    return [] if FLAG.value is None else [f"--{FLAG.name}={FLAG.value}"]
