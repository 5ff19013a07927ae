"""The reading end: EventSource, and what it decides by."""
