"""Exports of language models."""
