"""Short trainings: architectures trained for some steps with own weights."""
