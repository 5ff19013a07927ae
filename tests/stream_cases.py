"""Load the cases of `cases/`, and compare what a user gets with what they expect."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbstream import Stream
from nbstream.sse.decoder import EventStreamDecoder
from nbstream.updates import LogLine, Metric, Progress, Reasoning, Row, Update

FOLDER = Path(__file__).parent / "cases"
PATIENCE = 10.0
"""Seconds within which a stream has to end, by default."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case; see `cases/README.md`."""

    name: str
    method: str
    content: str | None
    bodies: tuple[bytes, ...]
    """The first response's body, and the second's where there is one."""
    content_type: str
    status: int
    stays_open: bool
    breaks_off: bool
    expect: Mapping[str, Any]

    @property
    def is_cancelled(self) -> bool:
        """Whether it runs until it is cancelled."""
        return bool(self.expect["state"] == "cancelled")

    @property
    def requests(self) -> int:
        """How many requests it takes."""
        return int(self.expect.get("requests", 1))

    @property
    def patience(self) -> float:
        """Seconds within which it has to end."""
        return float(self.expect.get("ends_within_s", PATIENCE))

    def body(self, number: int) -> bytes:
        """The response's body to a request, counted from 0."""
        return self.bodies[min(number, len(self.bodies) - 1)]


def _case(name: str, entry: Mapping[str, Any]) -> Case:
    request, response = entry["request"], entry["response"]
    files = (FOLDER / "streams" / f"{name}{part}.sse" for part in ("", ".2"))
    return Case(
        name=name,
        method=request["method"],
        content=request.get("body"),
        bodies=tuple(file.read_bytes() for file in files if file.exists()),
        content_type=response["content_type"],
        status=response["status"],
        stays_open=response.get("open", False),
        breaks_off=response.get("broken", False),
        expect=entry["expect"],
    )


CASES = {
    name: _case(name, entry)
    for name, entry in json.loads((FOLDER / "streams.json").read_text("utf-8")).items()
}
"""Every case by its name, in the order of the file."""


async def everything_received(stream: Stream, body: bytes) -> None:
    """Wait until a stream has every event of a body, or has ended."""
    count = len(list(EventStreamDecoder().feed(body)))
    received = asyncio.Event()

    def look() -> None:
        if stream.events_received >= count or stream.done:
            received.set()

    stop = stream.observe(look)
    await asyncio.wait_for(received.wait(), PATIENCE)
    stop()


def plain_of(stream: Stream) -> str:
    """Return a stream's `text/plain` in the notebook."""
    data = stream.mimebundle()
    return str(data["text/plain"])


async def outcome_of(stream: Stream) -> dict[str, Any]:
    """Return the results of a stream that has ended, under the names of `expect`."""
    updates: defaultdict[type[Update], list[Any]] = defaultdict(list)
    try:
        async for update in stream:
            updates[type(update)].append(update)
    except Exception as error:
        # At its end, a failed stream raises the error that made it fail.
        assert error is stream.error
    return {
        "state": stream.state,
        "error": str(stream.error or ""),
        "text": stream.text,
        "reasoning": "".join(update.text for update in updates[Reasoning]),
        "tool_calls": stream.tool_calls,
        "usage": dataclasses.asdict(stream.usage) if stream.usage else {},
        "stop_reason": stream.stop_reason,
        "rows": [update.data for update in updates[Row]],
        "metrics": {update.name: update.value for update in updates[Metric]},
        "log_lines": [update.message for update in updates[LogLine]],
        "progress": {
            name: value
            for update in updates[Progress][-1:]
            for name, value in dataclasses.asdict(update).items()
        },
        "plain": plain_of(stream),
    }


def differences(expect: Mapping[str, Any], outcome: Mapping[str, Any]) -> list[str]:
    """Return every difference between an outcome and the expectation, a sentence
    each."""
    found = []
    for key, want in expect.items():
        if key == "ends_within_s":
            continue  # a matter of the replay, which has stopped waiting
        name, _, how = key.rpartition("_")
        if how not in ("contains", "lacks", "lines"):
            name, how = key, ""
        if key == "log_lines":
            name, how = key, ""
        came = outcome[name]
        if not _agrees(how, want, came):
            why = outcome["error"] if key == "state" else ""
            found.append(f"{key}: expected {want!r}, came {came!r} {why}".rstrip())
    return found


def _agrees(how: str, want: Any, came: Any) -> bool:
    wanted = want if isinstance(want, list) else [want]
    match how:
        case "contains":
            return all(words in came for words in wanted)
        case "lacks":
            return not any(words in came for words in wanted)
        case "lines":
            # In this order; a log may show a level before the line.
            lines = (line.rstrip() for line in came.splitlines())
            return all(any(line.endswith(end) for line in lines) for end in wanted)
        case _:
            return _holds(want, came)


def _holds(want: Any, came: Any) -> bool:
    """Whether a value is as expected, comparing only the expected fields of objects."""
    if isinstance(want, dict) and isinstance(came, dict):
        return all(key in came and _holds(want[key], came[key]) for key in want)
    if isinstance(want, list) and isinstance(came, list):
        return len(want) == len(came) and all(map(_holds, want, came))
    return bool(want == came)
