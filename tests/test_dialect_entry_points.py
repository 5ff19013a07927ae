"""Dialects of other packages: found by their entry points, as documented."""

from __future__ import annotations

import logging
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import nbstream
from nbstream.dialects import dialect_named, dialect_names, formats
from nbstream.testing import StartSSEServer, events
from nbstream.updates import Finished, Text

from .format_claims import event_of
from .vendor_samples import read

PAGE = Path(__file__).parent.parent / "docs" / "dialects.md"
HARBOUR = """
from nbstream.dialects import Format
from nbstream.dialects.json.fields import message_of
from nbstream.updates import Finished, Raw, Text

class Harbour:
    def read(self, event):
        message = message_of(event.data) or {}
        if message.get("harbour") == "closed":
            return [Finished()]
        if isinstance(message.get("harbour"), list):
            return [Text("".join(message["harbour"]))]
        return [Raw(event.event, event.data)]

    def end(self):
        return []

FORMAT = Format("harbour", Harbour, lambda event, value: isinstance(value, dict)
                and isinstance(value.get("harbour"), list))
NO_FORMAT = "not a format"
TAKEN = Format("openai", Harbour, lambda event, value: True)
"""

Install = Callable[[str, str, dict[str, str]], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Makes packages visible to this process as an installer would: a module, and
    metadata with entry points."""
    names: list[str] = []

    def make(module: str, code: str, points: dict[str, str]) -> None:
        (tmp_path / f"{module}.py").write_text(code, "utf-8")
        metadata = tmp_path / f"{module}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Name: {module}\nVersion: 1.0\n", "utf-8")
        lines = [f"{name} = {value}\n" for name, value in points.items()]
        text = "[nbstream.dialects]\n" + "".join(lines)
        (metadata / "entry_points.txt").write_text(text, "utf-8")
        names.append(module)
        formats.cache_clear()

    monkeypatch.syspath_prepend(tmp_path)
    yield make
    for name in names:
        sys.modules.pop(name, None)
    formats.cache_clear()


@pytest.mark.anyio
async def test_a_format_of_another_package_is_chosen(
    install: Install, sse_server: StartSSEServer
) -> None:
    install("nb_harbour", HARBOUR, {"harbour": "nb_harbour:FORMAT"})
    body = 'data: {"harbour": ["High ", "water"]}\n\ndata: {"harbour": "closed"}\n\n'
    server = sse_server(events(body), events(body))
    for dialect in ("auto", "harbour"):
        stream = await nbstream.stream(
            server.url, method="POST", json={}, dialect=dialect
        )
        assert (stream.state, stream.text) == ("finished", "High water")
    assert "harbour" in dialect_names()


def test_ours_come_first_and_keep_their_events(install: Install) -> None:
    """A format that claims everything gets only what no other claims."""
    greedy = HARBOUR + (
        '\nGREEDY = Format("greedy", Harbour, lambda event, value: True)\n'
    )
    install("nb_greedy", greedy, {"greedy": "nb_greedy:GREEDY"})
    chunk = {"choices": [{"index": 0, "delta": {"content": "Hi"}}]}
    assert read([event_of(chunk)], "auto") == [Text("Hi")]
    assert read([event_of({"harbour": "closed"})], "auto") == [Finished()]


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ({"gone": "nb_no_such_module:FORMAT"}, "'gone' of another package"),
        ({"gone": "nb_broken:NOT_THERE"}, "'gone' of another package"),
        ({"odd": "nb_broken:NO_FORMAT"}, "'odd', got 'not a format'"),
        ({"mine": "nb_broken:TAKEN"}, "with a new name"),
    ],
)
def test_one_that_is_broken_is_logged_and_left_out(
    install: Install,
    caplog: pytest.LogCaptureFixture,
    points: dict[str, str],
    words: str,
) -> None:
    before = dialect_names()
    install("nb_broken", HARBOUR, points | {"sound": "nb_broken:FORMAT"})
    with caplog.at_level(logging.ERROR, logger="nbstream"):
        names = dialect_names()
    assert sorted([*before, "harbour"]) == names
    assert words in caplog.text
    assert type(dialect_named("openai")).__name__ == "CommonEvents"


def test_the_page_shows_what_works(install: Install) -> None:
    """Run the page's code blocks: the entry point, the module, and the test."""
    blocks = re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (_, project), (_, module), (_, test) = blocks
    points = tomllib.loads(project)["project"]["entry-points"]["nbstream.dialects"]
    install("nbstream_weather", module, points)
    names: dict[str, object] = {}
    exec(compile(test, str(PAGE), "exec"), names)
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert tests
    for run in tests:
        assert callable(run)
        run()
    events = [event_of({"station": "hull", "say": word}) for word in ("Rain ", "ends.")]
    assert read(events, "auto") == [Text("Rain "), Text("ends.")]
