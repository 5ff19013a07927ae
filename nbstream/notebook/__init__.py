"""Streams in IPython: the cells they belong to, their outputs, hosts and waits."""
