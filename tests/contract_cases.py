"""Cases of the contract between kernel and page: each kind, and random steps."""

from __future__ import annotations

import random
from collections.abc import Callable

from nbstream.content.transcript import Transcript
from nbstream.limits import Limits
from nbstream.sse.redaction import Redactor
from nbstream.updates import (
    Citation,
    Failed,
    LogLine,
    Lost,
    Metric,
    Note,
    Progress,
    Raw,
    Reasoning,
    Row,
    Stopped,
    Text,
    ToolCall,
    Unrecognised,
    Update,
    Usage,
)

SMALL = Limits(text=40, parts=6, lines=4, rows=3, citations=2, points=4, bars=2, raw=2)
SECRET = "sk-secret-of-the-stream"

Act = Callable[[Transcript], object]
Step = Update | Act


def evict(excess: int) -> Act:
    """The stream's budget, or the kernel's, is used up."""
    return lambda transcript: transcript.evict(excess)


def redact(transcript: Transcript) -> None:
    """A secret that came in pieces is whole."""
    transcript.redact(Redactor([SECRET]))


def begin_anew(transcript: Transcript) -> None:
    """The events so far are read again, as another format."""
    transcript.clear()


CASES: dict[str, list[Step]] = {
    "text": [Text("Hello "), Text(""), Text("😀 world"), Text("\x00\u2028\ud83d")],
    "text past its limit": [Text("😀" * 9), *map(Text, ["ab😀"] * 20), Text("end")],
    "text is let go": [Text("😀 one two three"), evict(20), Text("!"), evict(999)],
    "reasoning": [Reasoning("let me "), Reasoning("see 😀"), Text("So"), Reasoning("")],
    "tool calls": [
        ToolCall(0, "a", "weather", '{"city":'),
        ToolCall(1, "b", "time", "{}"),
        ToolCall(0, arguments='"Oslo"}'),
        ToolCall(1),
        ToolCall(2, "c", "", "x" * 90),
        evict(50),
    ],
    "parts past their limit": [
        step
        for n in range(9)
        for step in (Text(f"text {n} 😀"), Reasoning("hm"), ToolCall(n, f"{n}", "f"))
    ],
    "usage": [
        Text("a"),
        Usage(input_tokens=20),
        Usage(output_tokens=3, estimated=True),
        Usage(output_tokens=5, cached_tokens=0, reasoning_tokens=2),
    ],
    "progress": [
        Progress("run", 1, 10, 10.0),
        Progress("run/epoch", 99.6, None, 99.6, "at work"),
        Progress("run", message="only words"),
        Progress("__proto__", 3, -1),
        Progress("constructor", 5),
        Progress("run", 2, 10, 20.0),
        evict(700),
        Progress("again", 12, 10, 100.0),
        evict(9999),
    ],
    "metrics": [
        Metric("loss", 0.5, 1),
        Metric("loss", float("nan"), 2),
        Metric("loss", float("-inf")),
        Metric("__proto__", 1e300, 1e16),
        Metric("lr", 3, 2**60),
        evict(300),
    ],
    "log": [
        LogLine("one", "info"),
        LogLine("\x1b[31mred\nstill red\x1b[0m", "error"),
        LogLine("10 %\r"),
        LogLine("20 %"),
        LogLine("\r30 %"),
        LogLine("\r40 %\nmore\n"),
        LogLine("over it", replaces=True),
        LogLine("and on", continues=True),
        evict(150),
        *(LogLine(str(n)) for n in range(6)),
    ],
    "rows": [
        Row({"a": 1, "b": [1, {"c": None}]}),
        Row({"__proto__": 1, "constructor": True, "": "empty"}),
        Row({"id": 12345678901234567890, "small": -(2**53), "f": 1.0}),
        Row([float("nan"), float("inf"), {"deep": -float("inf")}]),
        Row({"$number": "5"}),
        Row({"$number": {"$number": 10**30}}),
        Row("plain 😀"),
        Row(None),
        evict(200),
    ],
    "citations": [
        Citation("A", "https://a.example/", "words"),
        Citation("A", "https://a.example/", "words"),
        Citation("", "https://b.example/"),
        Citation("C"),
        Citation("D"),
    ],
    "notices": [
        Text("a"),
        Note("One."),
        Note("Two."),
        Stopped("length", "It was cut."),
    ],
    "raw events": [
        Raw("ping", "{}"),
        Unrecognised("Try another format."),
        Raw("odd", '{"id": 12345678901234567890}', "What may be wrong."),
        Raw("odd", "3"),
        Unrecognised(""),
        evict(400),
    ],
    "an error": [Text("a"), Failed("It broke.", "line 1")],
    "a lost connection": [Failed("Refused.", lost=Lost("The server has gone", 3, 1.5))],
    "secrets that came in pieces": [
        *map(Text, ["my key is ", SECRET[:9], SECRET[9:], " 😀"]),
        LogLine("beside"),
        ToolCall(0, "1", "f", f'{{"key": "{SECRET}"}}'),
        redact,
        Text("more"),
        redact,
        Reasoning(SECRET),
        redact,
    ],
    "read again as something else": [
        *(Row({"n": n}) for n in range(3)),
        Citation("A"),
        Citation("B"),
        Citation("C"),
        Progress("a", 1, 2, 50.0),
        Progress("b", 1, 2, 50.0),
        Progress("c", 1, 2, 50.0),
        Usage(5, 6),
        Unrecognised("Nothing was understood."),
        LogLine("old"),
        Reasoning("old"),
        Text("old"),
        begin_anew,
        Row({"other": 1}),
        Citation("other"),
        Progress("d", 1, 2, 50.0),
        Usage(input_tokens=7),
        LogLine("new"),
        LogLine("newer"),
        Raw("odd", "1"),
        Reasoning(""),
        Text("old, but new"),
    ],
}


def random_steps(seed: int) -> list[Step]:
    """Any updates in any order, with all that can happen between them."""
    rng = random.Random(seed)
    known = [step for steps in CASES.values() for step in steps]
    return [rng.choice(known) for _ in range(rng.randint(1, 40))]
