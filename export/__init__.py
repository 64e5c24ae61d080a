"""Trained networks as SavedModels; nothing in ednas_tf needs this."""
