"""Text as it may be shown and kept: visible, without paths of the machine, cut."""
