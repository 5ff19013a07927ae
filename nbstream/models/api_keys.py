"""Keys: where they may come from, and where they must not stand."""

from __future__ import annotations

import os

from ..errors import KeyMissing
from ..sse.redaction.credentials import header_secrets
from ..sse.redaction.shapes import literal_key_in


def key_in(text: str) -> str | None:
    """The beginning of what looks like a key in this text, enough to find it by."""
    found = literal_key_in(text)
    return None if found is None else f"{found[:7]}…"


def key_from(name: str) -> str:
    """The key that an environment variable holds.

    Raises:
        KeyMissing: if it is not set.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        raise KeyMissing(name)
    return value


def secret_headers(lines: str) -> list[str]:
    """The values that must not be shown in headers, one a line."""
    headers = (line.partition(":")[::2] for line in lines.splitlines())
    return sorted(
        header_secrets({name.strip(): value.strip() for name, value in headers})
    )
