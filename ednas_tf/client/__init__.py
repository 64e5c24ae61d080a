"""Asks a served model. Needs no TensorFlow (but for gRPC)."""
