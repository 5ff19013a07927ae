"""Recordings: streams kept in files."""
