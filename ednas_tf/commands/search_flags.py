"""The flags of the commands that search, and their settings."""

from collections.abc import Mapping

from absl import flags

from ednas_tf import errors, ops, tasks
from ednas_tf.commands import settings_flags
from ednas_tf.settings import schema

FLAG = flags.DEFINE_string(
    "searcher",
    None,
    "Searcher that proposes architectures, such as ednas or random.",
)
_TABLE_SECONDS = flags.DEFINE_float(
    "table_seconds",
    None,
    "Budget of a search in a table, in simulated seconds of training.",
)


_ALONE = {"search": 1.0}


def settings(hours: Mapping[str, float] = _ALONE) -> schema.Settings:
    """The settings from the flags, with all names in them checked.

    The check imports no module that imports TensorFlow.

    Args:
      hours: see `settings_flags.settings`.

    Raises:
      RequestError: see `settings_flags.settings`; or the space or an operation
        does not exist.
    """
    result = settings_flags.settings(
        hours=hours,
        search={"searcher": FLAG.value},
        table={"seconds": _TABLE_SECONDS.value},
    )
    task = tasks.kind(result.task)
    if _TABLE_SECONDS.value is not None and not task.reads_table:
        raise errors.RequestError(
            "--table_seconds: expected a search in a table, such as "
            f"--dataset=nas_bench_201, found the task {result.task}; omit it"
        )
    tasks.space_of(result, task.family)
    ops.check(result.search.space.ops, task.family)
    return result


def given() -> list[str]:
    """The flags that were given, as arguments for another command."""
    return [
        f"--{flag.name}={flag.value}"
        for flag in (FLAG, _TABLE_SECONDS)
        if flag.value is not None
    ]
