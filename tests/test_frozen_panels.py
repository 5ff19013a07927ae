"""The frozen output that replaces a panel, and who holds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import nbstream
from nbstream.content.budget import KERNEL
from nbstream.display.widget.runtime import Runtime
from nbstream.display.widget.table_view import TableView
from nbstream.notebook.outputs.displays import DisplayedById
from nbstream.notebook.outputs.output import StreamOutput, TableOutput

from . import panel_job

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("shell")]


recorded = panel_job.recorded


async def test_a_panel_holds_no_copy_of_its_output() -> None:
    """It is up to 2 MB and rarely requested: it is rendered on demand."""
    made: list[str] = []

    def make() -> tuple[dict[str, Any], dict[str, Any]]:
        made.append("once more")
        return {"text/plain": "text"}, {}

    job = panel_job.Job()
    await job.send("text")
    await job.end()
    job.view.freeze(make)
    assert made == []
    for _ in range(2):
        job.page("freeze")
    assert len(made) == 2
    assert [m["data"] for m in job.messages("freeze")] == [{"text/plain": "text"}] * 2


async def test_a_page_gets_it_also_when_memory_was_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The outputs of ended streams are evicted first, and rendered again on demand."""
    job = panel_job.Job()
    output = StreamOutput(DisplayedById, [job.stream], job.view)
    await job.send("word " * 20_000)
    await job.end()
    assert output.final
    before = KERNEL.size
    monkeypatch.setattr(KERNEL, "limit", before - 1)
    KERNEL.check()
    assert KERNEL.size < before - 200_000
    job.page("freeze")
    (frozen,) = job.messages("freeze")
    assert frozen["data"] == job.stream.mimebundle()
    assert frozen["metadata"]["nbstream"]["state"] == "finished"


async def test_what_is_left_of_a_running_stream_is_what_it_has_received() -> None:
    """As where the extension is unloaded while its own code holds it up."""
    job = panel_job.Job()
    output = StreamOutput(DisplayedById, [job.stream], job.view)
    await job.send("so far")
    output.leave()
    (frozen,) = job.messages("freeze")
    assert frozen["data"]["text/plain"] == "so far"
    assert job.messages("frozen")
    await job.send(", and on")
    await job.end()
    assert len(job.messages("frozen")) == 1, "its end changes nothing any more"


async def test_a_frozen_table_lists_no_stream_that_started_later() -> None:
    streams = [nbstream.stream(["a"], name="first")]
    views: list[TableView] = []

    def view_of(on_end: Callable[[], None]) -> TableView:
        views.append(TableView(lambda: tuple(streams), Runtime(), on_end))
        return views[-1]

    output = TableOutput(DisplayedById, lambda: tuple(streams), view_of)
    (view,) = views

    def messages(kind: str) -> list[dict[str, Any]]:
        contents = [m["data"].get("content", {}) for m in view.panel.comm.sent]
        return [content for content in contents if content.get("type") == kind]

    while not messages("frozen"):
        await panel_job.RecordingComm.sends()
    streams.append(nbstream.stream(["b"], name="second"))
    view.panel.receive({"type": "freeze"})
    (frozen,) = messages("freeze")
    assert "first" in frozen["data"]["text/plain"]
    assert "second" not in frozen["data"]["text/plain"]
    await streams[1]
    output.close()
