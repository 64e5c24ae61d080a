"""The registry of tasks, and the search space of a run."""

from ednas_tf import errors, registry
from ednas_tf.settings import schema
from ednas_tf.space import cell_space, spaces
from ednas_tf.tasks.task import Task

#: Decorator with a name: registers a class of tasks.
task = registry.TASKS.register

#: Returns the names of all registered tasks, sorted.
names = registry.TASKS.names

#: Returns the class of a task, given its name.
kind = registry.TASKS.get


def make(settings: schema.Settings, data=None) -> Task:
    """Makes the task of a run.

    Args:
      settings: the settings of the run.
      data: the data set; by default the one that the settings name is read.

    Raises:
      RequestError: the data cannot be read, or not be split as requested.
    """
    return kind(settings.task)(settings, data)


def space_of(settings: schema.Settings, family: str) -> cell_space.CellSpace:
    """Makes the search space of a run.

    Args:
      settings: the settings of the run.
      family: family of the spaces that the task takes; also the name of the
        space if the settings name none.

    Raises:
      RequestError: there is no such space, or it belongs to another family.
    """
    wanted = settings.search.space
    space = spaces.make(wanted.name or family, wanted.nodes, wanted.ops)
    if space.family != family:
        known = [
            name
            for name in spaces.names()
            if spaces.default(name).family == family
        ]
        raise errors.RequestError(
            f"search.space.name: expected a space of {family} cells for the "
            f"task {settings.task} (one of: {', '.join(known)}), found "
            f"{errors.shown(wanted.name)}"
        )
    return space
