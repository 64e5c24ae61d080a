"""Trained networks as SavedModels and in other forms, checked."""
