"""Events of no known format, judged by their shape."""
