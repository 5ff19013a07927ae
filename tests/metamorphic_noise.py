"""Add heartbeats and unknown fields to a case's stream, and cut it into chunks: its
meaning must not change (a metamorphic test)."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from itertools import pairwise
from typing import Any

from .metamorphic_renaming import (
    HOME_MADE,
    LINE,
    NESTED_CONTENT,
    OWN,
    SHARED_ENDS,
    dumps,
    made_up_name,
)
from .stream_cases import Case

_JSON = r"(\{[^\r\n]*\}|\[[{\[\"][^\r\n]*\])"
_BETWEEN = (
    ": heartbeat",
    "data:",
    "data: : keepalive",
    "event: ping\ndata: {}",
    'data: {"type": "ping"}',
    "event: heartbeat\ndata: 2026-11-27 10:00:07",
)
"""Bytes between events, from servers and proxies, without a meaning."""


def salted(case: Case, body: bytes, dice: random.Random) -> bytes:
    """Add heartbeats between a body's events, and undocumented fields."""
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
    """Add constant fields to the JSON objects, and to nested ones if the format is
    documented. Skip ends, which would then have a value, and objects that occur once in
    undocumented JSON, where a constant looks like content."""
    home_made = HOME_MADE.match(case.name) is not None
    documented = not home_made and not OWN.match(case.name)
    values = [None, False, True, 7, *(["zz"] if not OWN.match(case.name) else [])]
    fields = {made_up_name(dice): dice.choice(values) for _ in range(2)}
    pattern = f"({LINE}(?:data: ?)?)" + _JSON
    shapes = Counter(_shape(json.loads(data)) for _, data in re.findall(pattern, text))

    def put(value: Any) -> Any:
        if isinstance(value, list):
            return [put(item) for item in value]
        if not isinstance(value, dict):
            return value
        if documented:
            value = {k: v if k in NESTED_CONTENT else put(v) for k, v in value.items()}
        return value | fields

    def line(found: re.Match[str]) -> str:
        value = json.loads(found[2])
        once = home_made and shapes[_shape(value)] == 1
        is_end = not value or ("type" in value and value["type"] in SHARED_ENDS)
        return found[0] if once or is_end else found[1] + dumps(put(value))

    return re.sub(pattern, line, text)


def _shape(value: Any) -> frozenset[str]:
    return frozenset(value if isinstance(value, dict) else ())


def cut(body: bytes, dice: random.Random) -> list[bytes]:
    """Cut a body into pieces, at any byte."""
    places = sorted(dice.choices(range(len(body) + 1), k=dice.randint(1, 30)))
    bounds = [0, *places, len(body)]
    pieces = (body[a:b] for a, b in pairwise(bounds))
    return [piece for piece in pieces if piece]
