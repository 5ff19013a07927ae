"""The table of docs/formats.md: a user gets what each row documents."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import nbstream
from nbstream.sse import ServerSentEvent

PAGE = Path(__file__).parents[1] / "docs" / "formats.md"
KINDS = {
    "chart": "metrics",
    "table": "rows",
    "progress": "progress",
    "log": "log",
    "other events": "raw",
}


def rows() -> list[tuple[str, list[str], str]]:
    """Return each row's subject, its events, and how they are shown."""
    found = []
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 3 and "`" in cells[1]:
            found.append((cells[0], re.findall(r"`([^`]*)`", cells[1]), cells[2]))
    return found


def test_the_page_has_its_tables() -> None:
    assert len(rows()) > 30


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize(
    ("events", "shown"),
    [
        pytest.param(events, shown, id=f"{at}-{name}")
        for at, (name, events, shown) in enumerate(rows())
    ],
)
async def test_each_row_is_shown_as_documented(events: list[str], shown: str) -> None:
    async def server() -> AsyncIterator[ServerSentEvent]:
        for data in events:
            yield ServerSentEvent(data=data)

    stream = await nbstream.stream(server()).wait()
    shown, _, ends = shown.partition(", then ")
    assert stream.state == (ends or "finished")
    kinds = [block.kind for block in stream.transcript.blocks if block.kind != "error"]
    if text := re.fullmatch(r"text `(.*)`", shown):
        assert kinds == ["text"]
        assert stream.text == text[1].replace("⏎", "\n")
    else:
        assert kinds == [KINDS[kind] for kind in shown.split(", ")]
