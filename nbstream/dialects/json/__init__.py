"""Read the JSON of events."""
