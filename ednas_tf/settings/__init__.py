"""The settings of a run: what there is, and where the values come from."""
