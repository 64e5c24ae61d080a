"""Efficient decoupled neural architecture search for TensorFlow and Keras."""

#: Version of the package, which setuptools and `--version` read from here.
__version__ = "0.1.0"
