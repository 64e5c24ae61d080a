"""The flag --searcher, and the settings of the commands that search."""

from absl import flags

from ednas_tf import ops, tasks
from ednas_tf.commands import settings_flags
from ednas_tf.settings import schema

FLAG = flags.DEFINE_string(
    "searcher", None, "Who proposes architectures, such as ednas or random."
)


def settings() -> schema.Settings:
    """The settings that the flags ask for, with all names in them checked.

    No name is looked for in modules that import TensorFlow.

    Raises:
      RequestError: see `settings_flags.settings`; or there is no such space
        or operation.
    """
    result = settings_flags.settings(search={"searcher": FLAG.value})
    task = tasks.kind(result.task)
    tasks.space_of(result, task.family)
    ops.check(result.search.space.ops, task.family)
    return result


def given() -> list[str]:
    """The flag, if it was typed, for another command."""
    return [] if FLAG.value is None else [f"--{FLAG.name}={FLAG.value}"]
