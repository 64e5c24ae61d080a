"""A derived network as a person would write it: a functional Keras model.

It shares no code with `ednas_tf.nets`: the benchmarks time against it, the
tests compare with it.
"""

import keras

from ednas_tf.space import genotype

_L = keras.layers
_EPSILON, _MOMENTUM = 1e-5, 0.9


class _Builder:
    """Makes layers, and remembers those with weights in the order made."""

    def __init__(self):
        self.layers = []

    def _made(self, layer, x):
        self.layers.append(layer)
        return layer(x)

    def conv(self, x, channels, size=1, stride=1):
        layer = _L.Conv2D(
            channels, size, stride, padding="same", use_bias=False
        )
        return self._made(layer, x)

    def depthwise(self, x, size, stride=1, dilation=1):
        layer = _L.DepthwiseConv2D(
            size,
            stride,
            padding="same",
            use_bias=False,
            dilation_rate=dilation,
        )
        return self._made(layer, x)

    def norm(self, x):
        layer = _L.BatchNormalization(momentum=_MOMENTUM, epsilon=_EPSILON)
        return self._made(layer, x)

    def pointwise(self, x, channels):
        return self.norm(self.conv(_L.ReLU()(x), channels))

    def factorized_reduction(self, x, channels):
        x = _L.ReLU()(x)
        first = self.conv(x, channels // 2, 1, 2)
        # The lower right pixel of each window; the last is a copy of its like
        # where the size is odd.
        shifted = _L.Cropping2D(((1, 0), (1, 0)))(x)
        second = self.conv(shifted, channels - channels // 2, 1, 2)
        return self.norm(_L.Concatenate()([first, second]))

    def edge(self, x, op, channels, stride):
        kind, _, size = op.rpartition("_")
        size = int(size[0]) if size[0].isdigit() else 0
        if op == "skip_connect":
            if stride == 1:
                return x
            return self.factorized_reduction(x, channels)
        if kind == "max_pool":
            return _L.MaxPooling2D(size, stride, "same")(x)
        if kind == "avg_pool":
            return _L.AveragePooling2D(size, stride, "same")(x)
        if kind == "sep_conv":
            for each in (stride, 1):
                x = self.depthwise(_L.ReLU()(x), size, each)
                x = self.norm(self.conv(x, channels))
            return x
        if kind == "dil_conv" and stride == 1:
            x = self.depthwise(_L.ReLU()(x), size, dilation=2)
        elif kind == "dil_conv":
            # Keras has no stride with dilation: every second pixel first.
            x = _L.MaxPooling2D(1, 2)(x)
            x = self.depthwise(_L.ReLU()(x), size)
        else:
            raise ValueError(f"no functional form of {op}")
        return self.norm(self.conv(x, channels))

    def cell(self, cell, inputs, channels, reduction, halved):
        first = self.factorized_reduction if halved else self.pointwise
        states = [first(inputs[0], channels)]
        states.append(self.pointwise(inputs[1], channels))
        for node in cell.nodes:
            ends = [
                self.edge(
                    states[edge.source],
                    edge.op,
                    channels,
                    2 if reduction and edge.source < 2 else 1,
                )
                for edge in node
            ]
            states.append(_L.Add()(ends))
        return _L.Concatenate()([states[i] for i in cell.output])


def functional(
    described: genotype.Genotype,
    cells: int,
    channels: int,
    image_shape: tuple[int, int, int],
    num_classes: int,
) -> tuple[keras.Model, list[keras.layers.Layer]]:
    """The network of a genotype with the CIFAR stem, without auxiliary head.

    Image sizes must be divisible by four: Keras pads a strided convolution of
    others differently.

    Returns:
      The model, of standardised images, which gives logits; and its layers
      with weights: stem, each cell's preprocessors and edges, classifier.
    """
    build = _Builder()
    images = keras.Input(image_shape)
    before = previous = build.norm(build.conv(images, 3 * channels, 3))
    halved = False
    for i in range(cells):
        reduction = i in (cells // 3, 2 * cells // 3)
        channels *= 2 if reduction else 1
        cell = described.cells["reduction" if reduction else "normal"]
        before, previous = (
            previous,
            build.cell(cell, (before, previous), channels, reduction, halved),
        )
        halved = reduction
    pooled = _L.GlobalAveragePooling2D()(previous)
    logits = build._made(_L.Dense(num_classes), pooled)
    return keras.Model(images, logits), build.layers
