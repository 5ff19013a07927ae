"""Which parts of a request are secrets, and that they are redacted from everything
received: in every encoding, and nothing else."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nbstream
from nbstream.sources import RecordedSource
from nbstream.sse import ConnectionChange, ServerSentEvent
from nbstream.streams.handle import Stream
from nbstream.updates import Metric, Progress, Row, Text

from .secret_streams import KEY, SECRET, Echo, event, written

pytestmark = pytest.mark.anyio
FORMS = {
    "as it is": SECRET,
    "percent-encoded": quote(SECRET, safe=""),
    "as a path": quote(SECRET),
    "as a form": quote_plus(SECRET),
    "in lower case": quote(SECRET, safe="").replace("%2B", "%2b").replace("%2F", "%2f")
    .replace("%3D", "%3d").replace("%5C", "%5c"),
    "in JSON": json.dumps({"quoted": SECRET}),
    "in JSON as PHP writes it": json.dumps(SECRET).replace("/", "\\/"),
    "in JSON in JSON": json.dumps({"a": json.dumps({"b": SECRET})}),
    "in HTML": html.escape(SECRET),
    "in base64": base64.b64encode(SECRET.encode()).decode(),
    "in base64 for URLs": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    "as a login": base64.b64encode(f"joe:{SECRET}".encode()).decode(),
    "as another login": base64.b64encode(f"anne:{SECRET}:x".encode()).decode(),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
async def test_a_secret_is_taken_out_in_every_form(form: str, tmp_path: Path) -> None:
    text = FORMS[form]
    pieces = [
        event({"type": "content", "data": f"Your key is {text}, or was."}),
        event({"type": "reasoning", "data": text}),
        event({"type": "log", "message": text}),
        event({"type": "progress", "current": 1, "total": 2, "message": text}),
        event({"type": "item", "data": {"nested": [{"value": text}]}}),
        event({"type": "tool_call", "name": "f", "arguments": json.dumps({"a": text})}),
        event({"type": "unknown", "what": text}),
        event(f"plain {text}"),
    ]
    left = await written(pieces, tmp_path / "r.jsonl", SECRET)
    assert "Your key is " in left and "***" in left
    for each in FORMS.values():
        assert each not in left
    core = base64.b64encode(f"joe:{SECRET}".encode()).decode()[8:-8]
    assert core not in left


class Renewed(Echo):
    """A source whose connections have a different key each, and one event."""

    asked = 0

    def secrets(self) -> list[str]:
        self.asked += 1
        return [*self._secrets]

    async def batches(
        self, on_change: Callable[[ConnectionChange], None]
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        for number, each in enumerate(self._events):
            self._secrets.append(f"key-{number:010}")
            on_change(ConnectionChange("open"))
            yield [each] * 1_000
            on_change(ConnectionChange("connecting", "the server closed"))


async def test_secrets_are_computed_for_each_connection_not_each_event() -> None:
    """The secrets of a request are computed once for a connection, not for each
    event."""
    both = event({"type": "content", "data": "key-0000000000 key-0000000001 "})
    source = Renewed([both, both])
    stream = Stream(source)
    await stream
    assert stream.text == "*** *** " * 2_000, "what came before a key was one, too"
    async with Stream(Renewed([both, both])) as live:
        texts = [update.text async for update in live if isinstance(update, Text)]
    assert texts == ["*** key-0000000001 "] * 1_000 + ["*** *** "] * 1_000
    assert source.asked < 20


async def test_a_secret_that_is_a_word_breaks_no_event(tmp_path: Path) -> None:
    """Types, keys and names stay, so that each event is still understood; a number that
    equals the secret is no secret."""
    payloads = [
        event({"type": "progress", "current": 12345678, "total": 24691356}),
        event({"type": "metric", "name": "progress", "value": 12345678}),
        event({"type": "item", "data": {"progress": 12345678, "note": "progress"}}),
        event({"type": "content", "data": "no 912345678, and 12345678."}),
    ]
    path = tmp_path / "r.jsonl"
    stream = Stream(RecordedSource(Echo(payloads, "progress", "12345678"), path))
    updates = [update async for update in stream]
    assert updates == [
        Progress(current=12345678, total=24691356, percent=50.0),
        Metric("progress", 12345678),
        Row({"progress": 12345678, "note": "***"}),
        Text("no 912345678, and ***."),
    ]
    recorded = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [line["data"] for line in recorded[1:3]] == [e.data for e in payloads[:2]]


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4)
    ),
    max_leaves=12,
)
kinds = st.sampled_from(["content", "log", "progress", "metric", "item", "x", "error"])
objects = st.dictionaries(words, values, max_size=4) | st.fixed_dictionaries(
    {"type": kinds},
    optional={"data": values, "message": words, "name": words, "value": st.integers(),
              "current": st.integers(), "total": st.integers()},
)  # fmt: skip
QUICK = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@QUICK
@given(st.lists(objects, max_size=5))
async def test_events_without_the_secret_are_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[Any]
) -> None:
    events = [event(value) for value in payloads]
    path = tmp_path_factory.mktemp("r") / "r.jsonl"
    plain, redacting = (
        Stream(RecordedSource(Echo(events, *secrets), path), name="s")
        for secrets in ([], [KEY])
    )
    found = []
    for stream in (plain, redacting):
        await stream.wait()
        updates: list[Any] = []
        kept: list[Any] = []
        try:
            updates.extend([update async for update in stream])
            kept.extend([each async for each in stream.events()])
        except nbstream.StreamFailed as error:
            updates.append(str(error))
        lines = path.read_text("utf-8").splitlines()[1:]
        times = [{**json.loads(line), "t": 0} for line in lines]
        found.append(repr((updates, kept, times, stream.mimebundle())))
    assert found[0] == found[1]


def with_secret(value: Any, suffix: str) -> Any:
    """Return the value with a suffix on its strings that are not keys."""
    if isinstance(value, str):
        return f"{value}{suffix}"
    if isinstance(value, list):
        return [with_secret(each, suffix) for each in value]
    if isinstance(value, dict):
        return {
            key: each if key == "type" else with_secret(each, suffix)
            for key, each in value.items()
        }
    return value


@QUICK
@given(st.lists(objects, min_size=1, max_size=5), st.booleans())
async def test_events_with_the_secret_are_the_same_without_it(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[Any], quoted: bool
) -> None:
    form = quote(KEY, safe="") if quoted else KEY
    events = [event(with_secret(value, f"<{form}>")) for value in payloads]
    path = tmp_path_factory.mktemp("r") / "r.jsonl"
    stream = Stream(RecordedSource(Echo(events, KEY), path))
    await stream.wait()
    left = repr((stream.mimebundle(), stream.error, stream.reason, stream.text))
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()[1:]]
    assert KEY not in left and quote(KEY, safe="") not in left
    kept = [json.loads(line["data"]) for line in lines if "data" in line]
    assert kept == [with_secret(value, "<***>") for value in payloads[: len(kept)]]
