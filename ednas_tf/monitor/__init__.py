"""What a person can watch: histories, summaries, progress."""
