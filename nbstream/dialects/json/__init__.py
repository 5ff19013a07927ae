"""Reading the JSON of events."""
