"""Tasks: what ties a network to data, loss and reward."""
