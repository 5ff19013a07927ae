"""Keys: where they may come from, and where they must not stand."""

from __future__ import annotations

import os
import re

from ..errors import KeyMissing
from ..sse.client.request import is_secret_name

# How the vendors begin their keys. No ordinary word is as long, with a digit in it.
_LITERAL = re.compile(
    r"(?<![\w-])(?=[\w-]*\d)(?:sk-ant-[\w-]{8,}|sk-[\w-]{20,}|sk_live_\w{16,}|gsk_\w{20,}"
    r"|xai-\w{20,}|pplx-\w{20,}|hf_[A-Za-z0-9]{20,}|gh[pousr]_\w{20,}"
    r"|github_pat_\w{20,}|AIza[\w-]{30,}|AKIA[A-Z0-9]{16})"
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


def secret_headers(lines: str) -> list[str]:
    """The values that are likely to be secret in headers, one a line."""
    headers = (line.partition(":") for line in lines.splitlines())
    found = [value.strip() for name, _, value in headers if is_secret_name(name)]
    return [*found, *(value.partition(" ")[2] for value in found)]
