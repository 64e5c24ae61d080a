"""Data sets that `--dataset` can name, one per file.

New files in this folder are found automatically.
"""
