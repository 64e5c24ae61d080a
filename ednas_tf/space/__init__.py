"""What can be built: cell spaces and genotypes. Needs no TensorFlow."""
