"""Data sets, one a file, and the batches made of them.

A new file is found by itself.
"""

import importlib
import pkgutil

from ednas_tf.data.image_data import ImageData as ImageData
from ednas_tf.data.image_data import Split as Split
from ednas_tf.data.image_data import load as load
from ednas_tf.data.image_data import names as names
from ednas_tf.data.image_data import split_train as split_train
from ednas_tf.data.pipeline import evaluation_batches as evaluation_batches
from ednas_tf.data.pipeline import training_batches as training_batches

for _module in pkgutil.iter_modules(__path__, __name__ + "."):
    importlib.import_module(_module.name)
