"""Pictures of a search, in one style. Needs no TensorFlow."""
