"""Strings to strings: what content looks like, whatever it came from."""
