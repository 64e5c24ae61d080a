"""Tasks: what ties a network to data, loss and reward.

One task a file; a new file is found by itself.
"""

from ednas_tf.tasks.task import Parts as Parts
from ednas_tf.tasks.task import Task as Task
from ednas_tf.tasks.task import kind as kind
from ednas_tf.tasks.task import make as make
from ednas_tf.tasks.task import names as names
from ednas_tf.tasks.task import space_of as space_of
from ednas_tf.tasks.task import task as task
