"""Text: how its files are read, and the windows of a batch."""
