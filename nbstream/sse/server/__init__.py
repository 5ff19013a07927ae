"""The sending end: EventStreamResponse."""
