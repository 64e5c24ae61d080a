"""The checks that an export must pass before it gets its version number."""
