"""SCHEMES: which source opens which address, and with which options."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

import nbstream
from nbstream.sources import (
    SCHEMES,
    ConnectOptions,
    IterableSource,
    ReplayOptions,
    ReplaySource,
    Scheme,
    Source,
    SourceOptions,
    find_scheme,
    source_of,
)
from nbstream.sse import EventSource, ServerSentEvent
from nbstream.testing import SSEServer, events

from .ipython_shell import Shell


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("http://host/x", ConnectOptions),
        ("HTTPS://host/x", ConnectOptions),
        ("http://", ConnectOptions),
        ("replay:run.jsonl", ReplayOptions),
        ("host/x", None),
        ("http:host", None),
        ("events", None),
        ("jobs['http://']", None),
        ("", None),
    ],
)
def test_addresses_are_recognised(
    text: str, options: type[SourceOptions] | None
) -> None:
    scheme = find_scheme(text)
    assert (scheme and scheme.options) is options


@pytest.mark.parametrize("address", ["ftp://host/x", "ws://h", "My+own-1.0://secret"])
def test_an_unknown_scheme_is_refused_with_those_that_are_known(
    shell: Shell, address: str
) -> None:
    """And without the rest of the address, which may hold a secret."""
    known = f"an address that begins with one of {', '.join(SCHEMES)}."
    with pytest.raises(ValueError, match=re.escape(known)) as got:
        nbstream.stream(address)
    assert "secret" not in str(got.value)
    assert shell.run(f"%stream {address}").strip() == f"UsageError: {got.value}"


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("replay:x", {"headers": {}, "method": "PUT"}, "Expected no headers, method"),
        ("http://h", {"speed": 2}, "Expected no speed: this address takes method, "),
        ([], {"retries": 2}, "Expected no retries: these are for URLs, and this is l"),
    ],
)
def test_a_source_takes_its_own_options_alone(
    source: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        nbstream.stream(source, **options)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%stream replay:x -X PUT", "Expected no method: this address takes speed."),
        ("%%stream replay:x\nbody", "Expected no content, headers: this address take"),
        ("%stream http://h --speed 2", "Expected no speed: this address takes method"),
        ("%stream [] --speed 2", "Only a URL takes these: speed"),
    ],
)
def test_a_line_gives_a_source_its_own_options_alone(
    shell: Shell, cell: str, message: str
) -> None:
    assert shell.run(cell).startswith(f"UsageError: {message}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountOptions(SourceOptions):
    """Options of a source that counts."""

    speed: float = 1.0


class IterableReplay(ReplaySource):
    """A source that can be iterated, too."""

    def __aiter__(self) -> AsyncIterator[ServerSentEvent]:
        raise AssertionError("This source is to be read by `batches`.")


def test_a_source_that_can_be_iterated_is_taken_as_it_is() -> None:
    source = IterableReplay("run.jsonl")
    assert source_of(source) is source
    stream = nbstream.stream(source)
    assert stream.label == "replay:run.jsonl"
    stream.cancel()  # or it warns that it was never started


@pytest.mark.anyio
async def test_an_event_source_is_followed_from_where_it_was_read() -> None:
    with SSEServer(events("data: a\n\ndata: b\n\n")) as server:
        source = EventSource(server.url)
        assert (await anext(source)).data == "a"
        stream = await nbstream.stream(source)
    assert stream.text == "b"


def open_count(address: str, options: CountOptions, label: str | None) -> Source:
    last = int(address.partition(":")[2])
    numbers = [f"{n * options.speed:g} " for n in range(1, last + 1)]
    return IterableSource(numbers, label=label or address)


def test_a_new_source_is_one_row(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both entry points open it, with its options."""
    monkeypatch.setitem(SCHEMES, "count:", Scheme(CountOptions, open_count))
    shell.run("last = 3")
    assert shell.run("%stream -n s count:{last} --speed 10") == "10 20 30 \n"
    assert shell["s"].label == "count:3"
    cell = (
        "import nbstream\ns = await nbstream.stream('count:2', speed=5)\nprint(s.text)"
    )
    assert shell.run(cell) == "5 10 \n"
