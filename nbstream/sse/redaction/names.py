"""Classify the names of headers, parameters and fields: do they hold a secret?"""

from __future__ import annotations

import functools
import re
from typing import Literal

Strength = Literal["strong", "weak", "none"]

# `X-Api-Key`, `apiKey`, `api_key` and `APIKey` are the same three or two words.
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


# The last word of a name. Plurals are not among them: `max_tokens` counts.
_STRONG = _words(
    "authorization cookie token secret password passwd passphrase jwt bearer signature "
    "assertion"
)
# The end of a name without separators, for names that are often written so.
_STRONG_ENDS = (
    "apikey", "appkey", "authkey", "accesskey", "accesskeyid", "secretkey",
    "privatekey", "signingkey", "encryptionkey", "subscriptionkey", "functionskey",
    "masterkey", "accountkey", "adminkey", "servicekey", "sharedkey", "licensekey",
    "accesstoken", "refreshtoken", "idtoken", "authtoken", "sessiontoken",
    "bearertoken", "clientsecret", "appsecret", "userpassword",
)  # fmt: skip
_STRONG_WHOLE = frozenset({"sig", "xamzcredential", "xamznoidcdata", "xapikey"})
_STRONG_BEGINNINGS = ("cfaccess",)

# The word before, if a token, a key or a signature is not a secret.
_PUBLIC = {
    "token": _words(
        "next page continuation cursor resume sync eos bos pad unk sep cls mask "
        "special first last start end stop new per input output prompt cancel "
        "cancellation"
    ),
    "key": _words(
        "sort partition primary foreign unique composite group cache public routing "
        "idempotency order index row column map translation dict hot arrow object "
        "event metric lookup range hash label color sorting registry storage local"
    ),
    "signature": _words("function method type call time"),
}

_WEAK = _words(
    "key sid ticket pass session sessionid pwd pat nonce otp auth passcode credential "
    "credentials phpsessid jsessionid sess csrf xsrf hmac sign verifier"
)
# Words that are secrets alone, or in one of these pairs, and otherwise ordinary.
_WEAK_ALONE = frozenset({"code", "state", "pin"})
_WEAK_PAIRS = frozenset(
    {("session", "id"), ("secret", "id"), ("connect", "sid")}
    | {(kind, "code") for kind in _words("auth authorization access device user")}
)


@functools.lru_cache(maxsize=1024)
def strength_of(name: str) -> Strength:
    """Return how likely a value of this name is a secret.

    `strong`: it is one. `weak`: it is one if it has the shape of one (`shapes`), for
    names such as `key` or `code` are used for ordinary values too. `none`: it is not.
    """
    words = [word.lower() for word in _WORD.findall(name)]
    while words and words[-1].isdigit():
        words.pop()  # X-Hub-Signature-256, password2
    if not words:
        return "none"
    last = words[-1]
    if not _PUBLIC.get(last, frozenset()).isdisjoint(words[-2:-1]):
        return "none"
    together = "".join(words)
    if (
        last in _STRONG
        or together in _STRONG_WHOLE
        or together.endswith(_STRONG_ENDS)
        or together.startswith(_STRONG_BEGINNINGS)
    ):
        return "strong"
    if last in _WEAK or tuple(words[-2:]) in _WEAK_PAIRS or together in _WEAK_ALONE:
        return "weak"
    return "none"
