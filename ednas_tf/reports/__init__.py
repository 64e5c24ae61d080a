"""The HTML report of a search. Needs no TensorFlow."""
