"""The initial values of convolution kernels."""

import math
import random

import keras


class FanIn(keras.initializers.Initializer):
    """Uniform in +-1 / sqrt(fan-in), for every kind of convolution.

    The fan-in is the number of inputs of an output: the product of all
    dimensions but the last, and for a vector its length. A kernel [height,
    width, channels, 1] that is larger than 1 x 1 is taken for a depthwise one,
    whose fan-in is height * width.

    Two kinds of kernels look like others, and start in the wrong interval: a
    convolution with one output channel in one that is too wide, as a depthwise
    kernel has this shape; a depthwise kernel with several outputs for each
    channel in one that is too narrow, as a whole convolution has this shape.

    Args:
      seed: an integer. By default it is drawn from Python's generator, as Keras
        does, so that `keras.utils.set_random_seed` fixes it.
    """

    def __init__(self, seed: int | None = None):
        self.seed = random.randrange(2**31) if seed is None else seed

    @staticmethod
    def limit(shape) -> float:
        """The largest absolute value of an initial weight, by its shape."""
        window = math.prod(shape[:2])
        depthwise = len(shape) == 4 and shape[3] == 1 and window > 1
        fan_in = window if depthwise else math.prod(shape[:-1] or shape)
        return fan_in**-0.5

    def __call__(self, shape, dtype=None):
        limit = self.limit(shape)
        return keras.random.uniform(shape, -limit, limit, dtype, self.seed)

    def get_config(self):
        return {"seed": self.seed}
