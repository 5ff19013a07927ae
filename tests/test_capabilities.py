"""Kernels and shells that lack private APIs: the public fallback works."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator
from typing import Any

import pytest
from comm.base_comm import BaseComm
from IPython.core import displaypub
from IPython.core.interactiveshell import InteractiveShell

from nbstream.display.widget.ipykernel_comm import (
    receive_beside_cells,
    sender_without_parent,
)
from nbstream.notebook.capabilities import (
    captures_display,
    code_that_runs_cells,
    current_request,
    runs_asyncio,
)

from .ipython_shell import Shell
from .kernel import Kernel

# Comms that do not know how their kernel sends, as those of another kernel may.
OTHER_COMMS = """
from comm.base_comm import BaseComm
from tests.comms import replace_comms
class OtherComm(BaseComm):
    kernel = object()
    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        kernel = get_ipython().kernel
        kernel.session.send(
            kernel.iopub_socket, msg_type,
            {"data": data or {}, "comm_id": self.comm_id, **keys},
            metadata=metadata or {}, parent=kernel.get_parent(), buffers=buffers)
replace_comms(OtherComm, setattr)
"""


@pytest.fixture
async def kernel() -> AsyncIterator[Kernel]:
    async with Kernel(load=False) as started:
        yield started


def messages_to_panels(kernel: Kernel) -> list[tuple[Any, str]]:
    """Return the cell that each message names, and its type."""
    return [
        (message["parent_header"].get("msg_id"), content["data"]["content"]["type"])
        for message in kernel.comm_messages
        if (content := message["content"])["data"].get("method") == "custom"
    ]


@pytest.mark.anyio
async def test_messages_of_panels_name_no_cell(kernel: Kernel) -> None:
    await kernel.run("%load_ext nbstream")
    await kernel.run("%stream ['a']", "a")
    while not kernel.updates:
        await kernel.run("pass", "b")
    sent = messages_to_panels(kernel)
    assert {kind for _, kind in sent} >= {"frame", "frozen"}
    assert {cell for cell, _ in sent} == {None}


@pytest.mark.anyio
async def test_another_kernels_comms_carry_them_too(kernel: Kernel) -> None:
    """In the name of the cell, like any widget's messages."""
    await kernel.run(OTHER_COMMS)
    await kernel.run("%load_ext nbstream")
    await kernel.run("%stream ['a'] -n s", "a")
    assert await kernel.printed("await s\nprint(s.text)") == "a\n"
    sent = messages_to_panels(kernel)
    assert {kind for _, kind in sent} >= {"frame", "frozen"}
    assert None not in {cell for cell, _ in sent}
    assert kernel.updates[-1]["data"]["text/plain"] == "a"


@pytest.mark.anyio
@pytest.mark.parametrize("session", ["n.ipynb", None])
async def test_a_kernel_that_does_not_report_which_cell_runs(
    session: str | None,
) -> None:
    """That a Jupyter server started it for a notebook is the mark of a page. Without,
    the cell waits, and its one display is whole."""
    async with Kernel(load=False, session=session) as kernel:
        await kernel.run("del type(get_ipython()).get_parent")
        await kernel.run("%load_ext nbstream")
        (shown,) = await kernel.run("%stream ['a'] -n s", "a")
        assert ("widget" in str(shown)) is (session is not None)
        assert await kernel.printed("await s\nprint(s.text)") == "a\n"
        left = kernel.updates[-1] if session else shown
        assert left["data"]["text/plain"] == "a"


def test_a_comm_that_lacks_everything_is_left_alone() -> None:
    comm: Any = BaseComm.__new__(BaseComm)
    before = dict(vars(comm))
    assert sender_without_parent(comm) is None
    receive_beside_cells(comm)
    assert vars(comm) == before


def test_without_ipythons_capturing_class_nothing_counts_as_captured(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    capturing: Any = displaypub.CapturingDisplayPublisher
    monkeypatch.setattr(shell.ip, "display_pub", capturing())
    assert captures_display(shell.ip)
    monkeypatch.delattr(displaypub, "CapturingDisplayPublisher")
    assert not captures_display(shell.ip)


def test_a_shell_whose_runner_has_no_code(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where an extension has wrapped or compiled it."""
    run_code = InteractiveShell.run_code

    class Wrapped:
        def __get__(self, shell: Any, owner: Any) -> Any:
            return self if shell is None else functools.partial(run_code, shell)

    assert code_that_runs_cells(shell.ip) is run_code.__code__
    monkeypatch.setattr(InteractiveShell, "run_code", Wrapped())
    assert code_that_runs_cells(shell.ip) is None
    assert shell.run("%stream ['a']") == "a\n"


def test_a_shell_that_names_no_runners(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runs_asyncio(shell.ip)
    monkeypatch.delattr(InteractiveShell, "loop_runner_map")
    assert not runs_asyncio(shell.ip)
    assert shell.run("%stream ['a']") == "a\n"


def test_without_a_kernel_there_is_no_request(shell: Shell) -> None:
    assert current_request(shell.ip) == {}
