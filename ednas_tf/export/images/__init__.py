"""Exports networks that classify images."""
