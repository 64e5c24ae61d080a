"""Efficient decoupled neural architecture search for TensorFlow and Keras."""

#: Of the package; setuptools and `--version` read it here.
__version__ = "0.1.0"
