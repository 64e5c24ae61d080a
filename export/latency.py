"""The command `python -m export.latency`; see `ednas_tf.export.latency`."""

from ednas_tf.export import latency

if __name__ == "__main__":
    latency.command()
