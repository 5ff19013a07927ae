"""Keys: where they may come from, and where they must not stand."""

from __future__ import annotations

import os
import re

from ..errors import KeyMissing

# How the vendors begin their keys. Long enough that no ordinary word is one.
_LITERAL = re.compile(
    r"\b(?:sk-ant-[\w-]{8,}|sk-(?:proj-|or-|svcacct-)?[A-Za-z0-9_-]{20,}|sk_live_\w{16,}"
    r"|gsk_\w{20,}|xai-\w{20,}|hf_[A-Za-z0-9]{20,}|gh[pousr]_\w{20,}|AIza[\w-]{30,})"
)


def key_in(text: str) -> str | None:
    """The beginning of what looks like a key in this text, enough to find it by."""
    found = _LITERAL.search(text)
    return f"{found[0][:7]}…" if found else None


def key_from(name: str) -> str:
    """The key that an environment variable holds.

    Raises:
        KeyMissing: if it is not set.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        raise KeyMissing(name)
    return value
