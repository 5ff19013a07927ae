"""Read a magic's line: from its text to frozen options. No shell, no variables."""
