"""Baselines: simple models that a network that was found must beat."""
