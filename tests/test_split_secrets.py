"""Secrets that are split between events are redacted where the pieces are joined."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

import nbstream
from nbstream.sources import RecordedSource
from nbstream.streams.handle import Stream
from nbstream.streams.pipeline import Redaction
from nbstream.testing import Answer, StartModelServer
from nbstream.updates import Reasoning, Text

from .ipython_shell import Shell
from .secret_streams import KEY, Echo, cut, event

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("size", [1, 5, 11])
@pytest.mark.parametrize("kind", ["content", "reasoning"])
async def test_a_secret_that_comes_in_pieces_is_not_in_what_is_joined(
    tmp_path: Path, size: int, kind: str
) -> None:
    """Live text is not delayed for it."""
    text = f"The key {KEY} is refused; {quote(KEY, safe='')}, too. 12"
    payloads = [event({"type": kind, "data": piece}) for piece in cut(text, size)]
    path = tmp_path / "r.jsonl"
    stream = Stream(RecordedSource(Echo(payloads, KEY), path))
    live = "".join([u.text async for u in stream if isinstance(u, Text | Reasoning)])
    if size < 11:
        assert KEY in live
    else:
        assert live.startswith("The key tok")
    expected = "The key *** is refused; ***, too. 12"
    assert [patch.payload["text"] for patch in stream.transcript.snapshot()] == [
        expected
    ]
    bundle = stream.mimebundle()
    assert "*** is refused; ***, too. 12" in bundle["text/html"]
    assert KEY not in str(bundle)
    if kind == "content":
        assert stream.text == expected

    replayed = nbstream.stream(f"replay:{path}", speed=math.inf)
    again = [u.text async for u in replayed if isinstance(u, Text | Reasoning)]
    assert "".join(again) == expected
    header, *lines, end = path.read_text("utf-8").splitlines()
    assert "source" in header
    assert len(lines) == len(payloads)
    assert "finished" in end


async def test_a_secret_in_pieces_of_a_tool_call_and_of_plain_text(
    tmp_path: Path,
) -> None:
    arguments = cut(json.dumps({"key": KEY, "n": 1}), 7)
    payloads = [
        event({"type": "tool_call", "name": "f", "arguments": a}) for a in arguments
    ]
    stream = Stream(RecordedSource(Echo(payloads, KEY), tmp_path / "calls.jsonl"))
    await stream
    (call,) = stream.tool_calls
    assert call["arguments"] == {"key": "***", "n": 1}
    assert KEY not in str(stream.mimebundle())

    payloads = [event(piece) for piece in cut(f"my key {KEY} is", 6)]
    stream = Stream(RecordedSource(Echo(payloads, KEY), tmp_path / "text.jsonl"))
    await stream
    for path in ("calls.jsonl", "text.jsonl"):
        lines = (tmp_path / path).read_text("utf-8").splitlines()[1:-1]
        data = [json.loads(line)["data"] for line in lines]
        joined = "".join(
            json.loads(d)["arguments"] if d[:1] == "{" else d for d in data
        )
        assert joined in ('{"key": "***", "n": 1}', "my key *** is")


async def test_separate_parts_are_not_searched_together(tmp_path: Path) -> None:
    """Otherwise innocent parts of different things would be joined to one."""
    payloads = [
        event({"type": "log", "message": KEY[:9]}),
        event({"type": "content", "data": KEY[9:]}),
        event({"type": "log", "level": KEY[9:]}),
    ]
    path = tmp_path / "r.jsonl"
    await Stream(RecordedSource(Echo(payloads, KEY), path))
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()[1:-1]]
    assert [line["data"] for line in lines] == [each.data for each in payloads]


@pytest.mark.usefixtures("no_vendor")
def test_an_exported_conversation_is_without_a_key_that_was_split(
    shell: Shell,
    model_server: StartModelServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    key = "a-key-of-no-vendor-" + "x1y2" * 8
    server = model_server(Answer(f"You sent {key} to me."))
    monkeypatch.setenv("OPENAI_BASE_URL", server.openai_base_url)
    monkeypatch.setenv("OPENAI_API_KEY", key)
    shell.run("%%stream openai:m --chat trip -n s\nWhat did I send?")
    shell.run(f"%streams chat trip export {tmp_path / 'trip.json'}")
    exported = (tmp_path / "trip.json").read_text("utf-8")
    assert "You sent *** to me." in exported
    assert key not in exported + shell["s"].text + str(shell["s"].messages)


def test_readers_wait_for_new_secrets_that_are_being_added() -> None:
    """A page's thread reads the text of a stream that runs in another's."""

    class Secrets(list[str]):
        asked = False

        def __iter__(self) -> Iterator[str]:
            if not self.asked:
                self.asked = True
                seen.append(redaction.redactor.text("it is hunter2-hunter2"))
            return super().__iter__()

    seen: list[str] = []
    secrets: list[str] = []
    redaction = Redaction(lambda: secrets)
    secrets = Secrets(["hunter2-hunter2"])
    seen.append(redaction.redactor.text("it is hunter2-hunter2"))
    assert seen == ["it is ***", "it is ***"]
