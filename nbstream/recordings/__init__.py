"""Recordings: a stream kept in a file as it came, and read back from it."""
