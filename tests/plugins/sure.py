"""A task of a person's own: a reward for being sure, not for being right."""

import tensorflow as tf

from ednas_tf.tasks import task
from ednas_tf.tasks.image_classification import ImageClassification


@task("sure_classification")
class SureClassification(ImageClassification):
    """Image classification whose reward is the mean largest probability."""

    def score(self, supernet, batch, architecture):
        images, _ = self._finished(batch)
        logits = supernet(images, architecture=architecture)
        sure = tf.reduce_max(tf.nn.softmax(logits), -1)
        return tf.reduce_sum(sure)[tf.newaxis]

    def reward(self, total):
        return total[0] / self.units_per_batch("policy")
