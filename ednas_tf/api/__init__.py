"""The functions for Python programs, which `import ednas_tf` offers."""
