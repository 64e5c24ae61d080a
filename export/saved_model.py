"""`python -m export.saved_model`; see `ednas_tf.export.saved_model`."""

from ednas_tf.export import saved_model

if __name__ == "__main__":
    saved_model.command()
