"""Drop path as a part of a Keras model, and a callback that raises its rate."""

import keras
import tensorflow as tf


class DropPath(keras.layers.Layer):
    """Draws which edges are dropped for which images (Larsson et al., 2017).

    All cells of a network share one such layer.

    Args:
      rate: probability that the output of an edge is dropped for an image.

    Attributes:
      rate: the same, as a variable that can be assigned to.
    """

    def __init__(self, rate: float, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.initial_rate = rate
        self.seed_generator = keras.random.SeedGenerator()
        self.rate = self.add_weight(
            (),
            keras.initializers.Constant(rate),
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
            name="rate",
        )
        self.built = True

    def save_own_variables(self, store):
        """Saves the seed, too, which Keras does not do for its own layers."""
        store["rate"] = self.rate.numpy()
        store["seed"] = self.seed_generator.state.numpy()

    def load_own_variables(self, store):
        self.rate.assign(store["rate"])
        self.seed_generator.state.assign(store["seed"])

    def draw(self, edges: int, batch: tf.Tensor) -> tf.Tensor:
        """Draws factors of mean 1 for the outputs of edges.

        Args:
          edges: number of edges that can be dropped.
          batch: number of images.

        Returns:
          float32 [edges, batch].
        """
        kept = 1 - tf.convert_to_tensor(self.rate)
        drawn = keras.random.uniform((edges, batch), seed=self.seed_generator)
        return tf.cast(drawn < kept, tf.float32) / kept


class DropPathSchedule(keras.callbacks.Callback):
    """Raises the rate of drop path linearly from 0, epoch by epoch.

    The rate of the last epoch is the model's `drop_path`:

        model = ednas_tf.build("darts_v2", (32, 32, 3), 10, drop_path=0.3)
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(x, y, epochs=600, callbacks=[models.DropPathSchedule()])

    `Found.train` and `python -m ednas_tf.train` raise it step by step instead.
    """

    def on_epoch_begin(self, epoch, logs=None):
        drop_path = getattr(self.model, "drop_path", None)
        if drop_path is not None:
            last = max(1, self.params["epochs"] - 1)
            drop_path.rate.assign(drop_path.initial_rate * epoch / last)
