"""Candidate operations, one family a file; a new file is found by itself."""

import importlib
import pkgutil

from ednas_tf.ops.operation import BatchNorm as BatchNorm
from ednas_tf.ops.operation import FanIn as FanIn
from ednas_tf.ops.operation import Stage as Stage
from ednas_tf.ops.operation import Stages as Stages
from ednas_tf.ops.operation import names as names
from ednas_tf.ops.operation import relu as relu
from ednas_tf.ops.operation import stages as stages
from ednas_tf.ops.operation import weight_shapes as weight_shapes

for _module in pkgutil.iter_modules(__path__, __name__ + "."):
    importlib.import_module(_module.name)
