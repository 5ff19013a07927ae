"""Rules that our markdown has beyond those of the library, one kind a file.

The live panel has the same in `frontend/src/markdown/rules`.
"""
