"""Data sets, one a file, and the batches made of them.

A new file is found by itself.
"""

from ednas_tf import registry
from ednas_tf.data.image_data import ImageData as ImageData
from ednas_tf.data.image_data import Split as Split
from ednas_tf.data.image_data import load as load
from ednas_tf.data.image_data import names as names
from ednas_tf.data.image_data import split_train as split_train
from ednas_tf.data.pipeline import evaluation_batches as evaluation_batches
from ednas_tf.data.pipeline import training_batches as training_batches

registry.import_all(__path__, __name__)
