"""Tasks: each ties networks to data, a loss and a reward.

Each task has a file of its own; a new file is found without being listed.
"""

from ednas_tf.tasks.registered import kind as kind
from ednas_tf.tasks.registered import make as make
from ednas_tf.tasks.registered import names as names
from ednas_tf.tasks.registered import space_of as space_of
from ednas_tf.tasks.registered import task as task
from ednas_tf.tasks.task import StepResult as StepResult
from ednas_tf.tasks.task import Task as Task
