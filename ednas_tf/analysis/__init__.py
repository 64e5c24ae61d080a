"""What the numbers of a search say. Needs no TensorFlow."""
