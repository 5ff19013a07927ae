"""Whether this Python can start threads."""

from __future__ import annotations

import sys


def has_threads() -> bool:
    """Return whether threads can be started, which Pyodide in a browser cannot."""
    return sys.platform != "emscripten"
