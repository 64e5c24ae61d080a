"""Reading, decoding, augmenting and batching images."""
