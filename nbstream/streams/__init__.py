"""One stream: from its events to what is shown of them."""
