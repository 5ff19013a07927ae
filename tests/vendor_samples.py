"""Read the samples of `samples/`: streams in each vendor's documented format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nbstream.dialects import Dialect, Reread, dialect_named, formats
from nbstream.dialects.auto import Auto
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
"""The folders of formats without an end event: the end of the stream is the end."""


def names() -> list[str]:
    """List every sample, as `folder/name`."""
    found = [f"{path.parent.name}/{path.stem}" for path in SAMPLES.glob("*/*.sse")]
    return sorted(found)


def bytes_of(name: str) -> bytes:
    """Return the bytes of a sample, as they cross the wire."""
    return (SAMPLES / f"{name}.sse").read_bytes()


def events_of(name: str) -> list[ServerSentEvent]:
    """Return the events of a sample."""
    return decoded([bytes_of(name)])


def decoded(chunks: Iterable[bytes]) -> list[ServerSentEvent]:
    """Return the events of a stream that arrives in chunks."""
    decoder = EventStreamDecoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    decoder.finish()
    return events


def dialect_of(name: str) -> str:
    """Return the name of the dialect of a sample."""
    return VENDORS[name.split("/")[0]]


def read(events: Iterable[ServerSentEvent], dialect: str) -> list[Update]:
    """Return the updates of events, after all that a dialect reads again."""
    reader = dialect_named(dialect)
    readings: list[Sequence[Update]] = []
    for event in events:
        updates = reader.read(event)
        if isinstance(updates, Reread):
            readings = list(updates.readings)
        else:
            readings.append(updates)
    return [update for updates in readings for update in updates]


def updates_in(reader: Dialect | Auto, event: ServerSentEvent) -> Sequence[Update]:
    """Return the updates of one event, of a dialect that reads nothing again."""
    updates = reader.read(event)
    assert not isinstance(updates, Reread)
    return updates


def means(folder: str) -> dict[str, list[Update]]:
    """Return the updates of every sample of a folder."""
    found = [name for name in names() if name.startswith(f"{folder}/")]
    return {
        name.removeprefix(f"{folder}/"): read(events_of(name), dialect_of(name))
        for name in found
    }


def claimed(payload: Any, event: str = "message", id: str = "") -> list[str]:
    """Return the formats that recognise an event; `payload` is its data, as text or as
    a JSON value."""
    data = payload if isinstance(payload, str) else json.dumps(payload)
    sent = ServerSentEvent(event=event, data=data, id=id)
    value = value_of(data)
    return [format.name for format in formats() if format.recognises(sent, value)]


def known(updates: Sequence[Update]) -> list[Update]:
    """Return the updates without the events that were kept unchanged."""
    return [update for update in updates if not isinstance(update, Raw)]


def message(event: ServerSentEvent) -> Any:
    """Parse an event's JSON; return None for what is neither object nor list, like
    `[DONE]`."""
    if event.data == "[DONE]" or event.data[:1] not in ("{", "["):
        return None
    return json.loads(event.data)


def with_message(event: ServerSentEvent, changed: Any) -> ServerSentEvent:
    """Return the event with another payload."""
    return event._replace(data=json.dumps(changed))


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside a JSON value."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from nodes(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from nodes(inner, (*path, index))


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    """Return a JSON value with another one at a path."""
    if not path:
        return by
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], by)
    return copy
