"""`python -m export.continue_text`; see `ednas_tf.client.continue_text`."""

from ednas_tf.client import continue_text

if __name__ == "__main__":
    continue_text.command()
