"""The streams that `benchmarks.loop_pauses` measures, by kind."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from nbstream.sse.ndjson import NdjsonDecoder
from nbstream.sse.plain_text import PlainTextDecoder

WORDS = ["the", "model", "reads", "events", "and", "shows", "what", "they", "mean"]

MakeWire = Callable[[int], bytes]


def make_event(data: str, kind: str = "") -> bytes:
    """Encode one server-sent event."""
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"{f'event: {kind}' + chr(10) if kind else ''}{lines}\n".encode()


def make_message(kind: str, **fields: Any) -> bytes:
    return make_event(json.dumps({"type": kind, **fields}))


def repeat(piece: str, size: int) -> str:
    return (piece * (size // len(piece) + 1))[:size]


def join_items(size: int, item: Callable[[int], str]) -> str:
    """Join items by commas, to about `size` bytes in total."""
    count = max(1, size // (len(item(1000)) + 1))
    return ",".join(map(item, range(count)))


def make_array(size: int, item: Callable[[int], str]) -> bytes:
    return make_event(f"[{join_items(size, item)}]")


def make_object(size: int, field: Callable[[int], str]) -> bytes:
    return make_event(f"{{{join_items(size, field)}}}")


def make_prose(size: int) -> str:
    words = random.Random(1).choices(WORDS, k=size // 5)
    return " ".join(words)[:size]


HARD = (
    "| a | *b* | [c](http://x) |\n|---|---|---|\n| `d` | **e _f_ g** | ~~h~~ |\n\n"
    "1. *one _two **three***\n   - [x] `y` <b> ![i](http://h/i.png)\n\n"
    "> quote $x_1^2$ \\(y\\) https://host/a_b_c?d=e\n\n***bold _and* both_**\n\n"
)
CODE = "```python\ndef f(x: int) -> str:\n    return f'{x!r}' + \"y\"  # why\n```\n\n"
ANSI = "\x1b[38;5;196m12:00:01\x1b[0m \x1b[1mINFO\x1b[22m \x1b[3mstep\x1b[0m done "
SDK = json.dumps(
    {
        "id": "m1",
        "object": "thing",
        "choices": [{"index": 0, "delta": {"role": None, "parts": [{"x": [1, 2]}]}}],
        "metadata": {"a": None, "b": {}, "c": [], "t": "2026-01-01T00:00:00Z"},
    }
)
DIFF = json.dumps(
    {
        "msg": "process_generating",
        "event_id": "e",
        "output": {"data": [[["append", [], "word "]]]},
    }
)
DIFF_FIRST = json.dumps(
    {"msg": "process_generating", "event_id": "e", "output": {"data": ["Hello "]}}
)
ANSWER = 'data: {"choices":[{"delta":{"content":"word "}}]}\n\n'


def make_patches(size: int) -> bytes:
    patches = join_items(size, lambda n: f'["append",[0,"content"],"w{n} "]')
    messages = [[{"role": "assistant", "content": "Hello "}]]
    first = {"msg": "process_generating", "event_id": "e", "output": {"data": messages}}
    second = json.dumps(first | {"output": {"data": ["CHANGES"]}})
    second = second.replace('"CHANGES"', f"[{patches}]")
    return make_event(json.dumps(first)) + make_event(second)


def make_deep(size: int) -> bytes:
    depth = min(900, size // 8)
    one = '{"a":' * depth + "1" + "}" * depth
    return make_array(size, lambda n: one)


KINDS: dict[str, MakeWire] = {
    "text": lambda n: make_message("content", data=make_prose(n)),
    "text, bare": lambda n: make_event(make_prose(n)),
    "code": lambda n: make_message("content", data=repeat(CODE, n)),
    "code, one fence": lambda n: make_message(
        "content", data="```python\n" + repeat("x = [1, 'a']  # b\n", n)
    ),
    "markdown": lambda n: make_message("content", data=repeat(HARD, n)),
    "markdown, stars": lambda n: make_message("content", data=repeat("*a **b ", n)),
    "markdown, brackets": lambda n: make_message("content", data=repeat("[a](", n)),
    "blank lines": lambda n: make_message("content", data=repeat("a\n\n", n)),
    "reasoning": lambda n: make_message("reasoning", data=make_prose(n)),
    "rows": lambda n: make_array(n, lambda i: json.dumps({"a": i % 10})),
    "rows, wide": lambda n: make_array(
        n, lambda i: json.dumps({"id": i, "name": f"n{i}", "v": i / 7})
    ),
    "row, large": lambda n: make_message(
        "item", data={"x": [[i] for i in range(n // 8)]}
    ),
    "object of objects": lambda n: make_object(n, lambda i: f'"k{i}":{{}}'),
    "list of lists": lambda n: make_array(n, lambda i: "[]"),
    "fields": lambda n: make_object(n, lambda i: f'"k{i}":"v"'),
    "metrics": lambda n: make_object(n, lambda i: f'"m{i}":0.5' if i else '"step":1'),
    "metric events": lambda n: b"".join(
        make_message("metric", name=f"n{i}", step=i, value=i / 3)
        for i in range(n // 70 + 1)
    ),
    "progress, nested": lambda n: b"".join(
        make_message(
            "progress", name="/".join("abcdefgh"[: i % 9]) + f"/{i}", percent=5
        )
        for i in range(n // 70 + 1)
    ),
    "deep": make_deep,
    "numbers": lambda n: make_array(n, lambda i: "1"),
    "log of lines": lambda n: make_message("log", message=repeat("a\n", n)),
    "log of colours": lambda n: make_message("log", message=repeat(ANSI, n)),
    "log, both": lambda n: make_message("log", message=repeat(f"{ANSI}\n", n)),
    "log, escapes": lambda n: make_message("log", message=repeat("\x1b]", n)),
    "log, redrawn": lambda n: make_message("log", message=repeat("1 %\r", n)),
    "log events": lambda n: b"".join(
        make_message("log", level="info", message=f"line {i}")
        for i in range(n // 60 + 1)
    ),
    "tool call": lambda n: make_message(
        "tool_call", index=0, name="f", arguments=f'{{"x":"{make_prose(n)}"}}'
    ),
    "tool call, lists": lambda n: make_message(
        "tool_call", index=0, name="f", arguments=f"[{join_items(n, lambda i: '[1]')}]"
    ),
    "SDK dump": lambda n: make_array(n, lambda i: SDK),
    "SDK dump, one": lambda n: make_event(
        f'{{"id":"m","object":"x","parts":[{join_items(n, lambda i: SDK)}]}}'
    ),
    "base64": lambda n: make_event(
        json.dumps({"type": "image", "data": repeat("iVBO", n)})
    ),
    "base64, bare": lambda n: make_event(repeat("iVBORw0KGgo", n)),
    "digits": lambda n: make_event(repeat("1", n)),
    "spaces": lambda n: make_event(f"x{repeat(' ', n)}x"),
    "tiny events": lambda n: b"data:a\n\n" * (n // 8 + 1),
    "tiny answers": lambda n: ANSWER.encode() * (n // len(ANSWER) + 1),
    "tiny lines": lambda n: make_event(repeat("a\n", n)),
    "rows in events": lambda n: b"".join(
        make_event(json.dumps({"id": i, "v": i / 7})) for i in range(n // 40 + 1)
    ),
    "gradio diffs": lambda n: (
        make_event(DIFF_FIRST) + make_event(DIFF) * (n // len(DIFF) + 1)
    ),
    "json patch": make_patches,
    "think": lambda n: make_event(repeat("<think>", n)),
}
OTHER_FORMATS: dict[str, tuple[MakeWire, Callable[[], Any]]] = {
    "plain text": (lambda n: repeat("ab cd ", n).encode(), PlainTextDecoder),
    "plain text, log": (
        lambda n: repeat("2026-01-01 10:00:00 INFO x\n", n).encode(),
        PlainTextDecoder,
    ),
    "json lines": (lambda n: b'{"id":1,"v":0.5}\n' * (n // 17 + 1), NdjsonDecoder),
    "json line": (
        lambda n: f"[{join_items(n, lambda i: '[1]')}]\n".encode(),
        NdjsonDecoder,
    ),
}
