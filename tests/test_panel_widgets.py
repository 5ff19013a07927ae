"""A panel's widgets: what is created, sent once and closed, and without a loop or a
known ipykernel."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import ipywidgets
import pytest

from nbstream.display.widget import front_end
from nbstream.display.widget.runtime import Runtime
from nbstream.display.widget.stream_view import StreamView
from nbstream.errors import BundleMissing
from nbstream.notebook.outputs.displays import DisplayedById
from nbstream.notebook.outputs.output import StreamOutput

from . import panel_job
from .comms import replace_comms
from .panel_job import Job, RecordingComm

pytestmark = pytest.mark.anyio

recorded = panel_job.recorded


async def test_a_panel_brings_no_layout_and_closing_leaves_no_widget() -> None:
    """A `Layout` is a widget, which closing its owner leaves open for ever."""

    def widgets() -> dict[str, Any]:
        state: dict[str, Any] = ipywidgets.Widget.get_manager_state()["state"]
        return state

    before = widgets().keys()
    job = Job()
    other = StreamView(job.stream, job.runtime)  # and so a batch panel
    opened = widgets().keys() - before
    assert len(opened) == 4
    assert not [i for i in opened if widgets()[i]["model_name"] == "LayoutModel"]
    await job.send("text")
    job.view.close()
    other.close()
    job.runtime.close()
    assert widgets().keys() <= before
    await job.send("nobody hears this")
    await job.end()


async def test_a_stream_that_ends_while_its_panel_is_made_leaves_no_panel(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In its thread it continues while the front end is loaded."""
    before = ipywidgets.Widget.get_manager_state()["state"].keys()
    job = Job()
    await job.send("text")
    await job.end()
    output = StreamOutput(DisplayedById, [job.stream], job.view)
    output.close()
    job.runtime.close()
    assert ipywidgets.Widget.get_manager_state()["state"].keys() <= before


async def test_a_page_may_request_a_snapshot_when_the_streams_loop_is_closed() -> None:
    """As after the last stream of a thread. The page receives the content so far."""

    async def stream_in_another_loop() -> Job:
        job = Job()
        await job.send("text")
        await job.end()
        return job

    job = await asyncio.to_thread(asyncio.run, stream_in_another_loop())
    job.view.freeze(lambda: ({"text/plain": "text"}, {}))
    for kind in ("sync", "ack", "ping", "cancel", "freeze"):
        job.page(kind)
    assert [m["type"] for m in job.messages()][-4:] == [
        "snapshot",
        "frozen",
        "pong",
        "freeze",
    ]
    job.view.close()
    for kind in ("sync", "ack", "ping", "cancel", "freeze"):
        job.page(kind)


async def test_with_another_ipykernel_messages_are_sent_like_any_widgets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sending messages without a parent is private to ipykernel, and may change."""

    class Session:
        def send(self, message: object) -> None:
            raise AssertionError("this is not how it sends now")

    class Kernel:
        session = Session()
        iopub_socket = object()

    class Comm(RecordingComm):
        kernel, topic = Kernel(), b"comm"

    replace_comms(Comm, monkeypatch.setattr)
    job = Job()
    await job.send("text")
    await job.until_sent("text")


async def test_only_content_is_sent_again() -> None:
    """The runtime is sent once; each panel's state is a few kilobytes."""
    job = Job()
    opened = job.view.panel.comm.sent[0]["data"]["state"]
    assert len(str(opened)) < 10_000
    assert opened["runtime"] == f"IPY_MODEL_{job.runtime.model_id}"


async def test_the_module_for_formulas_is_sent_only_to_a_page_that_asks() -> None:
    job = Job()
    await job.send("$a^2$")
    assert job.messages("module") == []
    job.view.panel.receive({"type": "module"})
    (message,) = job.messages("module")
    assert message["code"] == front_end.read_built("mathml.js")
    await job.end()


async def test_a_missing_bundle_shows_how_to_build_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    front_end.read_built.cache_clear()
    monkeypatch.setattr("importlib.resources.files", lambda _: Path("/no"))
    with pytest.raises(BundleMissing, match="npm ci && npm run build"):
        Runtime()
    front_end.read_built.cache_clear()


async def test_a_page_learns_the_id_that_the_kernel_gave_a_panel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """xeus-python ignores the id that a widget asks for."""

    def create_comm(comm_id: str = "", **options: Any) -> RecordingComm:
        return RecordingComm(**options)

    replace_comms(create_comm, monkeypatch.setattr)
    job = Job()
    panel = RecordingComm.made[-1]
    states = [message["data"].get("state", {}) for message in panel.sent]
    keys = [state["key"] for state in states if "key" in state]
    assert keys[0] != panel.comm_id
    assert keys[-1] == panel.comm_id
    await job.end()
