"""Exports of networks that classify images."""
