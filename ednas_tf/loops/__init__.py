"""Loops: search, derivation, training; distribution and run directories."""
