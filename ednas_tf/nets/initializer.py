"""How weights start."""

import math
import random

import keras


class FanIn(keras.initializers.Initializer):
    """Uniform in +-1 / sqrt(fan-in), for every kind of convolution.

    The fan-in is the product of all dimensions but the last; of a vector, its
    length. A kernel [height, width, channels, 1] larger than 1 x 1 is taken
    for a depthwise one, with a fan-in of height * width. No shape can tell it
    from a convolution with one output channel, whose interval comes out too
    wide, nor a depthwise kernel with several outputs a channel from a whole
    convolution, whose fan-in it gets.

    Args:
      seed: an integer; by default one is drawn from Python's generator, as
        Keras does, so that `keras.utils.set_random_seed` fixes it.
    """

    def __init__(self, seed: int | None = None):
        self.seed = random.randrange(2**31) if seed is None else seed

    @staticmethod
    def limit(shape) -> float:
        """Half the interval's length for weights of `shape`."""
        window = math.prod(shape[:2])
        depthwise = len(shape) == 4 and shape[3] == 1 and window > 1
        fan_in = window if depthwise else math.prod(shape[:-1] or shape)
        return fan_in**-0.5

    def __call__(self, shape, dtype=None):
        limit = self.limit(shape)
        return keras.random.uniform(shape, -limit, limit, dtype, self.seed)

    def get_config(self):
        return {"seed": self.seed}
