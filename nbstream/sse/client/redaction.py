"""Secrets taken out of what is shown or written."""

from __future__ import annotations

import json
from collections.abc import Iterable


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text with `***` for each secret: as it is, and as it stands within JSON."""
    for secret in secrets:
        for form in (secret, json.dumps(secret)[1:-1]):
            text = text.replace(form, "***")
    return text
