"""A derived network for images as a Keras model."""

import contextlib

import keras
import tensorflow as tf

from ednas_tf import errors, replicas
from ednas_tf.data.images import pipeline
from ednas_tf.models import options as model_options
from ednas_tf.models.drop_path import DropPath
from ednas_tf.nets import cell_network


class Standardise(keras.layers.Layer):
    """Standardises pixels by the mean and the deviation of their channels.

    Args:
      mean, stddev: tuples, a number for each channel, for pixels that are
        scaled to [0, 1].
      value_range: the pixel values of black and white.
    """

    def __init__(self, mean, stddev, value_range, **kwargs):
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.mean, self.stddev = tuple(mean), tuple(stddev)
        self.low, self.high = value_range

    def compute_output_shape(self, input_shape):
        return input_shape

    def call(self, images):
        """Maps float32 [batch, height, width, channels] to the same shape."""
        if self.low:
            images -= self.low
        return pipeline.standardise(images, self, self.high - self.low)


@keras.saving.register_keras_serializable(package="ednas_tf")
class ImageClassifier(keras.Model):
    """The network of a genotype: images in, probabilities of classes out.

    Its layers are called "standardise", "stem_0", "cell_00_normal_input_0",
    "cell_00_normal" and so on, "classifier" (logits) and "probabilities".
    `ednas_tf.build` makes it, and describes the arguments.

    It holds a functional model, and is none itself: `keras.models.clone_model`
    would copy a functional model layer by layer, and so lose its configuration.

    With an auxiliary head, a call with `training=True` returns a pair: the
    probabilities, and those of the head. `fit` adds the head's loss times its
    weight to the loss; metrics and evaluations ignore the head.

    Args:
      name: name of the model.
      dtype: name of a precision policy of Keras, such as "mixed_bfloat16"; by
        default the global one. Probabilities are always float32.
      trainable: whether the model is trained at all.
      **options: see `options.Options`.

    Attributes:
      options: the options.
      graph: the functional model that computes the output.
      genotype: the cells.
      class_names: the names of the classes.
      drop_path: the layer that drops edges in training, or None.

    Raises:
      ValueError: an argument is wrong.
    """

    def __init__(self, *, name=None, dtype=None, trainable=True, **options):
        checked = model_options.checked(**options)
        with _computing_in(dtype):
            network = _network(checked)
            images = keras.Input(checked.input_shape, name="images")
            output, auxiliary = _connect(network, images, checked)
            # The layers cast: pixels in 16 bits would lose digits.
            super().__init__(name=name, autocast=False)
            self.graph = keras.Model(images, output, name="graph")
        self.options = checked
        self.built = True
        self.drop_path = network.cells[0].drop_path
        self._call_both = None
        if auxiliary is not None:
            self.auxiliary_head = network.auxiliary_head
            both = keras.Model(images, [output, auxiliary])
            # In a function Keras does not take it for a part of the model.
            self._call_both = lambda images: both(images, training=True)
        for layer in checked.frozen:
            self.get_layer(layer).trainable = False
        self.trainable = self.trainable and trainable

    @property
    def layers(self) -> list[keras.layers.Layer]:
        """The layers of the graph."""
        return self.graph.layers

    @property
    def input(self):
        """The symbolic images, for a model of a part of the layers."""
        return self.graph.input

    @property
    def output(self):
        """The symbolic output."""
        return self.graph.output

    @property
    def input_shape(self):
        return self.graph.input_shape

    @property
    def output_shape(self):
        return self.graph.output_shape

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.output_shape[1:])

    @property
    def genotype(self):
        return self.options.genotype

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.options.class_names

    def __call__(self, inputs, *args, **kwargs):
        # Keras would lengthen the error of a check within `call`.
        if hasattr(inputs, "shape"):
            _check_shape(inputs, self.options.input_shape)
        return super().__call__(inputs, *args, **kwargs)

    def call(self, inputs, training=None):
        """Classifies images.

        Args:
          inputs: [batch, height, width, channels], of any type, with values in
            the `value_range` of the model.
          training: whether norms use the statistics of the batch, and edges are
            dropped.

        Returns:
          float32 [batch, classes], probabilities; without top, features [batch,
          height, width, channels]; with an auxiliary head and `training`, a
          pair of probabilities.

        Raises:
          InvalidArgumentError: in training, a replica got no image.
        """
        if inputs.shape.rank != 3:
            # Keras's functions forget sizes that differ from call to call.
            inputs = tf.ensure_shape(inputs, (None, *self.options.input_shape))
        if training and replicas.count() > 1:
            inputs = _with_images(inputs)
        if training and self._call_both:
            return tuple(self._call_both(inputs))
        return self.graph(inputs, training=training)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The loss, plus that of the auxiliary head times its weight."""
        predictions, *auxiliary = _each(y_pred)
        loss = super().compute_loss(x, y, predictions, sample_weight, training)
        # The network adds no loss of its own, which would be counted twice.
        for each in auxiliary:
            loss += self.options.auxiliary_weight * super().compute_loss(
                x, y, each, sample_weight, training
            )
        return loss

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """The metrics of the network without its auxiliary head."""
        return super().compute_metrics(x, y, _each(y_pred)[0], sample_weight)

    def save(self, filepath, overwrite=True, zipped=None, **kwargs):
        """Saves the model to a file that ends in .keras.

        Raises:
          ValueError: the file is one of HDF5, an older format of Keras.
        """
        if str(filepath).endswith((".h5", ".hdf5")):
            raise errors.RequestError(
                "save: expected a file that ends in .keras, found "
                f"{errors.shown(str(filepath))}; use .keras, or save_weights "
                "with a file that ends in .weights.h5"
            )
        super().save(filepath, overwrite, zipped, **kwargs)

    def export(
        self,
        filepath,
        format="tf_saved_model",
        verbose=None,
        input_signature=None,
        **kwargs,
    ):
        """Exports the model; see Keras. By default it takes float32."""
        if input_signature is None:
            # Keras knows it of functional models, and of those that it built.
            input_signature = [keras.InputSpec("float32", self.input_shape)]
        return super().export(
            filepath, format, verbose, input_signature, **kwargs
        )

    def get_config(self):
        """The arguments that make the same model, without its weights."""
        frozen = [
            layer.name
            for layer in self.layers
            if layer.weights and not layer.trainable
        ]
        return {
            "name": self.name,
            "dtype": self.dtype_policy.name,
            "trainable": self.trainable,
            **self.options.config(),
            "frozen": frozen,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


def _check_shape(images, expected):
    """Raises `RequestError` if these are images of another shape.

    Grey images need no dimension of channels. What is not known yet, within
    TensorFlow's graphs, passes.
    """
    found = tf.TensorShape(images.shape)
    forms = [(None, *expected)]
    if expected[2] == 1:
        forms.append((None, *expected[:2]))
    if not any(map(found.is_compatible_with, forms)):
        form = ", ".join(map(str, ("n", *expected)))
        raise errors.RequestError(
            f"images: expected the shape [{form}], found {found.as_list()}; "
            "convert the images, or build a model with their input_shape"
        )


def _with_images(batch):
    """The batch, unless it is empty: gradients of no images are no numbers."""
    found = tf.debugging.assert_positive(
        tf.shape(batch)[0],
        f"expected at least one image for each of {replicas.count()} replicas, "
        "found a batch with fewer images; choose another batch_size, or leave "
        "out the last batch of an epoch (drop_remainder=True)",
    )
    with tf.control_dependencies([found]):
        return tf.identity(batch)


def _each(outputs):
    """The network's output and the auxiliary head's, if there is one."""
    return outputs if isinstance(outputs, tuple | list) else [outputs]


def _network(options):
    """The layers of the network, not yet connected."""
    network = cell_network.derived_network(
        options.genotype,
        options.network,
        options.input_shape[2],
        # Without top the classifier is not used, and gets no weights.
        len(options.class_names) or 1,
        auxiliary=options.auxiliary_weight > 0,
    )
    if options.drop_path:
        shared = DropPath(options.drop_path, name="drop_path")
        for cell in network.cells:
            cell.drop_path = shared
    return network


def _connect(network, images, options):
    """Connects the layers of a network; returns symbolic outputs.

    Returns:
      The output of the model, and that of the auxiliary head or None.
    """
    x = Standardise(
        options.mean, options.stddev, options.value_range, name="standardise"
    )(images)
    auxiliary = options.auxiliary_weight > 0
    logits = network.both_logits(x, None, None, None, auxiliary)
    if not options.include_top:
        return network.classifier.before(network.cells[-1].output), None
    outputs = [
        keras.layers.Activation("softmax", dtype="float32", name=name)(each)
        for name, each in zip(
            ("probabilities", "auxiliary_probabilities"), logits, strict=True
        )
        if each is not None
    ]
    return outputs[0], outputs[1] if auxiliary else None


@contextlib.contextmanager
def _computing_in(precision: str | None):
    """While in the context, layers get this precision policy of Keras."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision or before)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
