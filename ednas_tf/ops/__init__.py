"""Candidate operations, one family a file; a new file is found by itself."""

from ednas_tf import registry
from ednas_tf.ops.operation import BatchNorm as BatchNorm
from ednas_tf.ops.operation import FanIn as FanIn
from ednas_tf.ops.operation import Stage as Stage
from ednas_tf.ops.operation import Stages as Stages
from ednas_tf.ops.operation import names as names
from ednas_tf.ops.operation import relu as relu
from ednas_tf.ops.operation import stages as stages
from ednas_tf.ops.operation import weight_shapes as weight_shapes

registry.import_all(__path__, __name__)
