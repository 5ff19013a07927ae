"""Kernel and page: the page's state equals the kernel's, by deltas or by snapshot.

The kernel's side is a real `Transcript`; the page's is its real store and blocks, run
by Node.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from nbstream.content.blocks import BLOCK_OF
from nbstream.content.blocks.payloads import Payloads
from nbstream.content.transcript import Patch, Transcript
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

from .node import run_script

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


@dataclass
class Page:
    """One page: the messages that it gets, and what it has to have after each."""

    name: str
    seq: float = 0
    messages: list[dict[str, Any]] = field(default_factory=list)
    expected: list[list[Patch]] = field(default_factory=list)

    def update(self, transcript: Transcript) -> None:
        """Send a frame, or where it is too far behind a snapshot."""
        seq, patches = transcript.frame_after(self.seq)
        if patches is None:
            self.show(transcript)
        elif patches:
            frame = {"type": "frame", "since": self.seq, "patches": patches}
            self._send(transcript, frame | {"seq": seq})

    def show(self, transcript: Transcript) -> None:
        """Send everything, in small parts."""
        before = self.expected[-1] if self.expected else []
        seq, parts = transcript.snapshot_in_parts(300)
        for number, patches in enumerate(parts[:-1]):
            self.messages.append({"type": "part", "number": number, "patches": patches})
            self.expected.append(before)
        snapshot = {"type": "snapshot", "seq": seq, "patches": parts[-1]}
        self._send(transcript, snapshot | {"parts": len(parts) - 1})

    def _send(self, transcript: Transcript, message: dict[str, Any]) -> None:
        self.messages.append(message | {"head": {"events": 1}})
        self.expected.append(transcript.snapshot())
        self.seq = transcript.seq

    def as_json(self) -> str:
        kinds = [[patch.kind for patch in whole] for whole in self.expected]
        return on_wire({"messages": self.messages, "kinds": kinds})


def on_wire(value: Any) -> str:
    """JSON as a page reads it, which has no NaN."""

    def patch(one: Any) -> Any:
        return [one.block, one.kind, one.payload]

    return json.dumps(value, default=patch, allow_nan=False)


def pages_of(name: str, steps: list[Step]) -> list[Page]:
    """A page that receives each delta, one that receives several at a time, one that
    received a snapshot in the middle and again at the end, and one that joins late."""
    transcript = Transcript(SMALL)
    each, some, again, late = (
        Page(f"{name}: {who}") for who in ("each change", "some", "again", "late")
    )
    for number, step in enumerate(steps):
        if callable(step):
            step(transcript)
        else:
            transcript.apply(step)
        each.update(transcript)
        if number % 5 == 4:
            some.update(transcript)
        if number == len(steps) // 2:
            again.show(transcript)
    some.update(transcript)
    again.show(transcript)
    late.show(transcript)
    return [each, some, again, late]


@pytest.fixture(scope="module")
def pages() -> list[Page]:
    named = list(CASES.items())
    named += [(f"random {seed}", random_steps(seed)) for seed in range(60)]
    return [page for name, steps in named for page in pages_of(name, steps)]


def test_the_cases_have_every_kind(pages: list[Page]) -> None:
    kinds = {patch.kind for patch in patches_of(pages)}
    assert kinds == {cls.kind for cls in BLOCK_OF.values()}


def test_a_page_has_what_the_kernel_has(pages: list[Page]) -> None:
    written = run_script("contract.ts", "\n".join(page.as_json() for page in pages))
    for page, line in zip(pages, written.rstrip("\n").split("\n"), strict=True):
        for number, shown in enumerate(as_doubles(line)):
            expected = as_doubles(on_wire([p.payload for p in page.expected[number]]))
            message = page.messages[number]
            assert shown == expected, f"{page.name}, message {number}: {message}"


def test_both_languages_have_the_same_fields() -> None:
    """Of every kind's payload, and which of them may be missing."""
    theirs, ours = json.loads(run_script("payload_shapes.ts")), fields_of(Payloads)
    assert theirs.keys() == ours.keys()
    for kind, fields in ours.items():
        assert theirs[kind] == fields, f"{kind}: TypeScript's fields, and Python's"


def test_payloads_have_the_fields_of_their_types(pages: list[Page]) -> None:
    shapes = fields_of(Payloads)
    for patch in patches_of(pages):
        fields: dict[str, Any] = shapes[patch.kind]
        assert patch.payload.keys() <= {name.rstrip("?") for name in fields}, patch
        assert patch.payload.keys() >= {n for n in fields if n[-1] != "?"}, patch


def as_doubles(text: str) -> Any:
    """A JSON value with the numbers that JavaScript has."""
    return json.loads(text, parse_int=float)


def patches_of(pages: list[Page]) -> Iterator[Patch]:
    for page in pages:
        for message in page.messages:
            yield from message["patches"]


def fields_of(kind: Any) -> dict[str, Any]:
    """As `payload_shapes.ts` writes them."""
    fields = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        optional = get_origin(hint) is NotRequired or not kind.__total__
        fields[name + "?" * optional] = shape_of(hint)
    return fields


def shape_of(hint: Any) -> Any:
    if get_origin(hint) is NotRequired:
        return shape_of(get_args(hint)[0])
    if is_typeddict(hint):
        return fields_of(hint)
    if get_origin(hint) is dict:
        return {"each": shape_of(get_args(hint)[1])}
    if get_origin(hint) is list:
        return "list"
    simple = {str: "string", int: "number", float: "number", bool: "boolean"}
    return simple[hint] if hint in simple else simple[type(get_args(hint)[0])]
