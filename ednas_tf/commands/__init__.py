"""What the commands share: their flags, and how they start and end."""
