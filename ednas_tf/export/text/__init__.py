"""Exports language models."""
