"""Live panels in a page."""
