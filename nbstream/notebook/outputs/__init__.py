"""Outputs under cells: live while their streams run, ordinary output at the end."""
