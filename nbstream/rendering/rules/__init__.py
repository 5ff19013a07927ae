"""Rules that our markdown adds to markdown-it's, one kind a file.

The twins are in `frontend/src/markdown/rules`.
"""
