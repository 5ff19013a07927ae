"""What servers and proxies send besides, and how the network cuts it."""

from __future__ import annotations

import json
import random
import re
from itertools import pairwise
from typing import Any

from .casebook import Case
from .renaming import HOME_MADE, LINE, NESTED_CONTENT, OWN, dumps, made_up_name

_JSON = r"(\{[^\r\n]*\}|\[[{\[\"][^\r\n]*\])"
_BETWEEN = (
    ": heartbeat",
    "data:",
    "data: : keepalive",
    "event: ping\ndata: {}",
    'data: {"type": "ping"}',
    "event: heartbeat\ndata: 2026-11-27 10:00:07",
)
"""What servers and proxies send between events, and means nothing."""


def salted(case: Case, body: bytes, dice: random.Random) -> bytes:
    """A body with heartbeats between its events, and fields that nobody documents."""
    if case.content_type == "text/plain":
        return body
    text = body.decode()
    if not any(key.endswith("_lacks") for key in case.expect):
        # An unknown field is kept, and an event that has one is shown with it.
        text = _with_fields(case, text, dice)
    if case.content_type == "text/event-stream":
        text = _with_heartbeats(text, dice)
    return text.encode()


def _with_heartbeats(text: str, dice: random.Random) -> str:
    newline = next(end for end in ("\r\n", "\n", "\r") if end in text)
    blocks = text.split(newline * 2)
    salted = [blocks[0]]
    for block in blocks[1:]:
        while dice.random() < 0.3:
            salted.append(dice.choice(_BETWEEN).replace("\n", newline))
        salted.append(block)
    return (newline * 2).join(salted)


def _with_fields(case: Case, text: str, dice: random.Random) -> str:
    """Put constant fields into every JSON object, and into those within it where the
    format is documented."""
    home_made = HOME_MADE.match(case.name) is not None
    documented = not home_made and not OWN.match(case.name)
    values: list[Any] = [None, False, True, 7]
    if documented or case.name.startswith("field-"):
        # Where a text has one piece, nothing tells it from another string.
        values.append("zz")
    fields = {made_up_name(dice): dice.choice(values) for _ in range(2)}

    def put(value: Any, deep: bool) -> Any:
        if isinstance(value, list):
            return [put(item, deep) for item in value]
        if not isinstance(value, dict):
            return value
        inner = {
            k: v if not deep or k in NESTED_CONTENT else put(v, deep)
            for k, v in value.items()
        }
        return inner | fields

    def line(found: re.Match[str]) -> str:
        return found[1] + dumps(put(json.loads(found[2]), documented))

    return re.sub(f"({LINE}(?:data: ?)?)" + _JSON, line, text)


def cut(body: bytes, dice: random.Random) -> list[bytes]:
    """A body in pieces, cut at any byte."""
    places = sorted(dice.choices(range(len(body) + 1), k=dice.randint(1, 30)))
    bounds = [0, *places, len(body)]
    pieces = (body[a:b] for a, b in pairwise(bounds))
    return [piece for piece in pieces if piece]
