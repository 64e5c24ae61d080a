"""Data sets that `--dataset` can name, one a file.

A new file is found by itself.
"""
