"""The settings of a run: their schema, and where their values come from."""
