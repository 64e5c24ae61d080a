"""Cells and networks as Keras layers."""
