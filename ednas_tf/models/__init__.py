"""Derived networks as Keras models, which can be fitted, saved and copied.

Importing this package registers its classes with Keras, so that
`keras.saving.load_model` finds them.
"""

from ednas_tf.models.building import build as build
from ednas_tf.models.drop_path import DropPathSchedule as DropPathSchedule
from ednas_tf.models.image_classifier import ImageClassifier as ImageClassifier
from ednas_tf.models.loading import load_model as load_model
