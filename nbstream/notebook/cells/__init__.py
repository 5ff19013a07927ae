"""Cells: which one runs, who asked for it, and the magics that it calls."""
