"""The loops of searches and trainings, and what both have in common."""
