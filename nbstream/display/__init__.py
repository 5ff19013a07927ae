"""Views of streams: ordinary output, text in a terminal, live panels in a page."""
