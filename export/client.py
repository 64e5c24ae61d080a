"""The command `python -m export.client`; see `ednas_tf.client.client`."""

from ednas_tf.client import client

if __name__ == "__main__":
    client.command()
