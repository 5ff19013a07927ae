"""The forms in which a value that was sent may come back."""

from __future__ import annotations

import base64
import json
from html import escape
from urllib.parse import quote, quote_plus

from .shapes import is_opaque

# Of base64 in the middle of something else, so many characters are no chance.
_MIN_BASE64 = 8


def forms_of(secret: str) -> set[str]:
    """Return a secret as it is, percent-encoded, as it stands within JSON and HTML, and
    in base64, alone or within something longer."""
    forms = {secret, *_percent_encoded(secret), *_html(secret)}
    for form in tuple(forms):
        forms |= _json(form)
    forms |= _base64(secret)
    if is_opaque(secret):
        forms.add(secret.lower())  # as a host's name
    return forms


def _percent_encoded(secret: str) -> set[str]:
    data = secret.encode("utf-8", "surrogatepass")
    found = {quote(data), quote(data, safe=""), quote_plus(data)}
    return found | {_lower_escapes(form) for form in found}


def _lower_escapes(quoted: str) -> str:
    head, *rest = quoted.split("%")
    return "%".join((head, *(part[:2].lower() + part[2:] for part in rest)))


def _json(text: str) -> set[str]:
    """Return it within JSON, and within JSON that stands in a string of JSON."""
    found = {json.dumps(text, ensure_ascii=ascii)[1:-1] for ascii in (True, False)}
    found |= {form.replace("/", "\\/") for form in found}
    return found | {json.dumps(form, ensure_ascii=False)[1:-1] for form in found}


def _html(text: str) -> set[str]:
    whole = escape(text)
    return {whole, whole.replace("&#x27;", "&#39;"), escape(text, quote=False)}


def _base64(secret: str) -> set[str]:
    """Return it in base64, in both alphabets. What precedes it in a longer value moves
    it by 0 to 2 bytes: those characters are returned that are its own in each case."""
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
