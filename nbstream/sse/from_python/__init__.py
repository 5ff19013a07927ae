"""Events from Python: what a cell or an iterable yields, as server-sent events."""
