"""Cell spaces and genotypes, which define what can be built, no TensorFlow."""
