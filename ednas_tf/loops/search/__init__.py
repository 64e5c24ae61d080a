"""The search: its loop, its steps, and how its result is derived."""
