"""Recordings: the events of a stream with their times, in a file."""
