"""Recognise secrets by their shape, independent of their names."""

from __future__ import annotations

import re

# Vendors' prefixes, each with a length that no ordinary word has. Most need a digit,
# which every long random string has and `sk-learn-contrib` has not.
_WITH_DIGIT = (
    r"sk-ant-[\w-]{8,}",
    r"sk-[\w-]{20,}",
    r"[sr]k_(?:live|test)_\w{16,}",  # Stripe
    r"sk_[0-9a-f]{40,}",  # ElevenLabs
    r"whsec_[\w+/]{24,}",
    r"gsk_[A-Za-z0-9]{20,}",
    r"xai-\w{20,}",
    r"pplx-\w{20,}",
    r"nvapi-[\w-]{40,}",
    r"r8_[A-Za-z0-9]{30,}",
    r"lsv2_[a-z]{2}_[0-9a-f]{32}\w*",
    r"hf_[A-Za-z0-9]{20,}",
    r"gh[pousr]_[A-Za-z0-9]{20,}",
    r"github_pat_\w{20,}",
    r"gl(?:pat|dt|rt|ptt|cbt|ft|imt|soat|agent)-[\w-]{20,}",
    r"dapi[0-9a-f]{32}(?:-\d)?",
    r"npm_[A-Za-z0-9]{30,}",
    r"pypi-Ag[\w-]{40,}",
    r"dckr_pat_[\w-]{20,}",
    r"xox[abeoprs]-[\w-]{10,}",
    r"xapp-\d-\w+-\d+-\w{20,}",
    r"AIza[\w-]{30,}",
    r"GOCSPX-[\w-]{20,}",
    r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    r"do[opr]_v1_[0-9a-f]{64}",
    r"shp(?:at|ca|pa|ss)_[0-9a-f]{32}",
    r"lin_api_\w{30,}",
    r"figd_[\w-]{30,}",
    r"tskey-\w+-\w{10,}[\w-]*",
)
_AS_IT_IS = (
    # A JWT (RFC 7519): two objects, which begin `{"`, and a signature; a JWE has five
    # parts (RFC 7516).
    r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}",
    r"eyJ[\w-]{8,}\.[\w-]*\.[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}",
    r"ya29\.[\w-]{20,}",  # Google
    r"SG\.[\w-]{16,32}\.[\w-]{32,64}",  # SendGrid
    r"hv[sb]\.[\w-]{20,}",  # Vault
    r"\d{8,10}:AA[\w-]{33}(?!\w)",  # Telegram
    r"(?<=hooks\.slack\.com/services/)T\w+/B\w+/\w{20,}",
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
)
_VENDOR = re.compile(
    rf"(?<![\w-])(?:(?=[\w-]*\d)(?:{'|'.join(_WITH_DIGIT)})|{'|'.join(_AS_IT_IS)})"
    rf"|(?<=/bot)\d{{8,10}}:AA[\w-]{{33}}(?!\w)"
)
_BEARER = re.compile(r"\bBearer\s+([\w.~+/=-]{20,})", re.IGNORECASE)
_AWS_SECRET = re.compile(
    r"aws_?secret_?access_?key\W{1,6}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])",
    re.IGNORECASE,
)

_HEX = re.compile(r"[0-9a-f]{20,}|[0-9A-F]{20,}")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_OPAQUE = re.compile(r"[\w.~+/=-]{16,}")
_RUN = re.compile(r"[A-Za-z0-9]{12,}")
_LETTERS_OR_DIGITS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def vendor_key_in(text: str) -> re.Match[str] | None:
    """Return the first match of a vendor's key, a JWT or a private key; None without
    one."""
    return _VENDOR.search(text)


def literal_key_in(text: str) -> str | None:
    """Return a key in text that a person wrote, such as a cell: a match of
    `vendor_key_in`, or a random string after `Bearer` or an AWS name; None if there is
    none."""
    if found := _VENDOR.search(text):
        return found[0]
    for announced in (_BEARER, _AWS_SECRET):
        for found in announced.finditer(text):
            if _HEX.fullmatch(found[1]) or _is_random(found[1]):
                return found[1]
    return None


def is_opaque(value: str) -> bool:
    """Return whether a value has the shape of a secret: a vendor's key, a JWT, or a
    long string that is not a word, path or number."""
    return (
        _VENDOR.search(value) is not None
        or _HEX.fullmatch(value) is not None
        or _UUID.fullmatch(value) is not None
        or _is_random(value)
    )


def is_random(value: str) -> bool:
    """Return whether a value is a vendor's key or random, and not a hexadecimal digest
    or UUID, which is the name of a commit or a run as often as a secret."""
    if _VENDOR.search(value) is not None:
        return True
    plain = _HEX.fullmatch(value) or _UUID.fullmatch(value)
    return plain is None and _is_random(value)


def _is_random(value: str) -> bool:
    """Return whether a value has a run in which letters and digits alternate too often
    for words and numbers: `a8Kx09dQ2mZpL3` has, `resnet50v2imagenet` and
    `validateCheckpointName` have not."""
    if not _OPAQUE.fullmatch(value):
        return False
    for run in _RUN.findall(value):
        parts = len(_LETTERS_OR_DIGITS.findall(run))
        if parts >= 5 and parts >= 0.3 * len(run):
            return True
    return False
