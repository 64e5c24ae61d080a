"""What an export must pass before it gets its number."""
