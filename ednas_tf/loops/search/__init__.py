"""The search: its loop, its steps, and the derivation of its result."""
