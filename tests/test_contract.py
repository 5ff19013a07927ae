"""Kernel and page: the page's state equals the kernel's, by deltas or by snapshot.

The kernel's side is a real `Transcript`; the page's is its real store and blocks, run
by Node.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from nbstream.content.blocks import BLOCK_OF
from nbstream.content.blocks.payloads import Payloads
from nbstream.content.transcript import Patch, Transcript
from nbstream.display.widget.front_end import PROTOCOL

from .contract_cases import CASES, SMALL, Step, random_steps
from .node import run_script


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


def test_both_languages_have_the_same_version() -> None:
    assert run_script("protocol_version.ts") == str(PROTOCOL)


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
