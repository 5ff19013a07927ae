"""Parse sizes as people write them, such as `4M`."""

from __future__ import annotations

import re

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_SIZE = re.compile(r"([0-9]{1,15}) ?([KMG]?)(?:i?B)?", re.IGNORECASE)


def parse_size(size: int | str) -> int:
    """Return a size in characters: a whole number, or one with K, M or G for the powers
    of 1024, such as `4M` or `512K`.

    Raises:
        ValueError: if it is neither, or not positive.
    """
    found = _SIZE.fullmatch(str(size).strip())
    parsed = int(found[1]) * _UNITS[found[2].upper()] if found else 0
    if parsed < 1 or isinstance(size, bool):
        raise ValueError(f"Expected a size such as 4M, 512K or 100000, got {size!r}.")
    return parsed
