"""Exports trained networks as SavedModels and other formats, with checks."""
