"""API keys: read them from the environment, and find them where they must not be."""

from __future__ import annotations

import os

from ..errors import KeyMissing
from ..sse.redaction.credentials import header_secrets
from ..sse.redaction.shapes import literal_key_in


def key_in(text: str) -> str | None:
    """Return the beginning of what looks like a key in a text, enough to find it by;
    None if nothing does."""
    found = literal_key_in(text)
    return None if found is None else f"{found[:7]}…"


def read_key(name: str) -> str:
    """Return the key that an environment variable holds.

    Raises:
        KeyMissing: if it is not set, or empty.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        raise KeyMissing(name)
    return value


def secret_header_values(lines: str) -> list[str]:
    """Return the secret values of headers that are written one per line."""
    headers = (line.partition(":")[::2] for line in lines.splitlines())
    return sorted(
        header_secrets({name.strip(): value.strip() for name, value in headers})
    )
