"""What the user types: %stream, %%stream, %streams."""
