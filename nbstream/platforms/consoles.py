"""Write text to consoles and pipes whose encoding lacks characters.

Python writes UTF-8 to terminals; but to pipes and files, in Windows, the system's code
page, and anywhere what `PYTHONIOENCODING` names.
"""

from __future__ import annotations

import io
import sys
from typing import TextIO


def replace_unencodable(text: str, out: TextIO) -> str:
    """Return text with `?` for each character that `out` cannot encode: writing it
    would raise, in the middle of a stream."""
    encoding = getattr(out, "encoding", None)
    if encoding is None:
        return text
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode(encoding, "replace").decode(encoding)
    return text


def never_fail_to_encode() -> None:
    """Let this process print `?` for what its output cannot encode."""
    for out in (sys.stdout, sys.stderr):
        if isinstance(out, io.TextIOWrapper):
            out.reconfigure(errors="replace")
