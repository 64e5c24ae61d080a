"""The command `python -m export.predict`; see `ednas_tf.export.predict`."""

from ednas_tf.export import predict

if __name__ == "__main__":
    predict.command()
