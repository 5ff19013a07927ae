"""Streams in IPython: their cells, where they are shown, when they end."""
