"""Streams in notebooks: the cells they belong to, their outputs, hosts and waits."""

from .marimo import install

install()
