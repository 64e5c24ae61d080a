"""What a search knows about architectures, and what it finds."""
