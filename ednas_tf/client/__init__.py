"""Clients of a served model, which need no TensorFlow except for gRPC."""
