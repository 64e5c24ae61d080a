"""Who proposes architectures and learns from their rewards."""
