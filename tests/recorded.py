"""Streams of the vendors, in the formats that their public references document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nbstream.dialects import Reread, dialect_named, formats
from nbstream.dialects.json.fields import value_of
from nbstream.sse import ServerSentEvent
from nbstream.sse.decoder import EventStreamDecoder
from nbstream.updates import Raw, Update

SAMPLES = Path(__file__).parent / "samples"
VENDORS = {
    "anthropic": "anthropic",
    "cohere": "cohere",
    "gemini": "gemini",
    "llamacpp": "llamacpp",
    "ollama": "ollama",
    "openai_chat": "openai",
    "openai_completions": "openai",
    "openai_responses": "openai",
    "vercel": "vercel",
    "ag_ui": "ag-ui",
    "json_rpc": "json-rpc",
    "langgraph": "langgraph",
    "langserve": "langserve",
    "dify": "dify",
    "flowise": "flowise",
    "gradio": "gradio",
    "replicate": "replicate",
    "tgi": "tgi",
}
"""The folders of samples, each with its dialect."""
ENDLESS = {"langgraph", "langserve"}
"""The folders of formats that tell no end: that of the stream is the end."""


def names() -> list[str]:
    """Every sample, as `folder/name`."""
    found = [f"{path.parent.name}/{path.stem}" for path in SAMPLES.glob("*/*.sse")]
    return sorted(found)


def bytes_of(name: str) -> bytes:
    """A sample as it crosses the wire."""
    return (SAMPLES / f"{name}.sse").read_bytes()


def events_of(name: str) -> list[ServerSentEvent]:
    """The events of a sample."""
    return decoded([bytes_of(name)])


def decoded(chunks: Iterable[bytes]) -> list[ServerSentEvent]:
    """The events of a stream that comes in chunks."""
    decoder = EventStreamDecoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    decoder.finish()
    return events


def dialect_of(name: str) -> str:
    """The dialect that a sample is of."""
    return VENDORS[name.split("/")[0]]


def read(events: Iterable[ServerSentEvent], dialect: str) -> list[Update]:
    """What events mean, as it is read in the end."""
    reader = dialect_named(dialect)
    readings: list[Sequence[Update]] = []
    for event in events:
        updates = reader.read(event)
        if isinstance(updates, Reread):
            readings = list(updates.readings)
        else:
            readings.append(updates)
    return [update for updates in readings for update in updates]


def means(folder: str) -> dict[str, list[Update]]:
    """What every sample of a folder means."""
    found = [name for name in names() if name.startswith(f"{folder}/")]
    return {
        name.removeprefix(f"{folder}/"): read(events_of(name), dialect_of(name))
        for name in found
    }


def claimed(told: Any, event: str = "message", id: str = "") -> list[str]:
    """The formats that take an event for their own; `told` is its data, as text or as a
    value of JSON."""
    data = told if isinstance(told, str) else json.dumps(told)
    sent = ServerSentEvent(event=event, data=data, id=id)
    value = value_of(data)
    return [format.name for format in formats() if format.recognises(sent, value)]


def known(updates: Sequence[Update]) -> list[Update]:
    """Without what was only kept."""
    return [update for update in updates if not isinstance(update, Raw)]


def message(event: ServerSentEvent) -> Any:
    """An event's JSON; None for what is neither object nor list, as `[DONE]`."""
    if event.data == "[DONE]" or event.data[:1] not in ("{", "["):
        return None
    return json.loads(event.data)


def with_message(event: ServerSentEvent, changed: Any) -> ServerSentEvent:
    """The event with other JSON."""
    return event._replace(data=json.dumps(changed))


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of every value inside of a JSON value."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from nodes(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from nodes(inner, (*path, index))


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    """A JSON value with another one at a path."""
    if not path:
        return by
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], by)
    return copy
