"""Looks at images before they are used: their formats and their traits."""
