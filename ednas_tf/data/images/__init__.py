"""Images: how they are read, decoded, augmented and batched."""
