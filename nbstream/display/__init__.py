"""Ways to see a stream."""
