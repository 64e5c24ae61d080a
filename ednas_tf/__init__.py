"""Efficient decoupled neural architecture search for TensorFlow and Keras."""
