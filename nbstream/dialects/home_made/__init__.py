"""Interpret events of no known format by their shape."""
