"""List the encodings in which a server may send a secret back."""

from __future__ import annotations

import base64
import json
from html import escape
from urllib.parse import quote, quote_plus

from .shapes import is_opaque

# Base64 characters within a longer value that are too many for a coincidence.
_MIN_BASE64 = 8


def forms_of(secret: str) -> set[str]:
    """Return a secret unchanged, percent-encoded, escaped for JSON and HTML, and in
    base64, alone or within a longer value."""
    forms = {secret, *_percent_encoded(secret), *_html(secret)}
    for form in tuple(forms):
        forms |= _json(form)
    forms |= _base64(secret)
    if is_opaque(secret):
        forms.add(secret.lower())  # as a host name
    return forms


def _percent_encoded(secret: str) -> set[str]:
    data = secret.encode("utf-8", "surrogatepass")
    found = {quote(data), quote(data, safe=""), quote_plus(data)}
    return found | {_lower_escapes(form) for form in found}


def _lower_escapes(quoted: str) -> str:
    head, *rest = quoted.split("%")
    return "%".join((head, *(part[:2].lower() + part[2:] for part in rest)))


def _json(text: str) -> set[str]:
    """Return it escaped for JSON, and for JSON within a string of JSON."""
    found = {json.dumps(text, ensure_ascii=ascii)[1:-1] for ascii in (True, False)}
    found |= {form.replace("/", "\\/") for form in found}
    return found | {json.dumps(form, ensure_ascii=False)[1:-1] for form in found}


def _html(text: str) -> set[str]:
    whole = escape(text)
    return {whole, whole.replace("&#x27;", "&#39;"), escape(text, quote=False)}


def _base64(secret: str) -> set[str]:
    """Return it in base64, in both alphabets. Within a longer value it is shifted by 0
    to 2 bytes; for each shift, the characters that depend on it alone are returned."""
    data = secret.encode("utf-8", "surrogatepass")
    whole = base64.b64encode(data).decode()
    found = {whole, whole.rstrip("=")}
    for before in range(3):
        shifted = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        end = 8 * (before + len(data)) // 6
        own = shifted[-(-8 * before // 6) : end]
        if len(own) >= _MIN_BASE64:
            found.add(own)
    return found | {form.replace("+", "-").replace("/", "_") for form in found}
