"""Kernels whose configuration file loads nbstream, before any cell runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from .kernel import Kernel

pytestmark = pytest.mark.anyio

LOADED = "c = get_config()\nc.InteractiveShellApp.extensions = ['nbstream']\n"
ENDLESS = """
async def body():
    await asyncio.sleep(3600)
    yield
"""


def configure(folder: Path, config: str = "") -> Kernel:
    """Return a kernel with this configuration; it is not started."""
    profile = folder / "profile_default"
    profile.mkdir()
    (profile / "ipython_kernel_config.py").write_text(LOADED + config, "utf-8")
    return Kernel(load=False, environment={"IPYTHONDIR": str(folder)})


async def test_a_pages_message_leaves_the_kernel_idle(tmp_path: Path) -> None:
    """No cell runs since the kernel started, so none is reported as busy."""
    async with configure(tmp_path) as kernel:
        await kernel.run("import asyncio")
        await kernel.run(ENDLESS)
        await kernel.run("%stream body()", "a")
        await kernel.until(lambda: bool(kernel.panels))
        sent = kernel.send_to_panel(kernel.panels[0], "ping")
        await kernel.until(lambda: (sent, "idle") in kernel.statuses)
        after = kernel.statuses.index((sent, "idle")) + 1
        await kernel.run("await asyncio.sleep(0)", "b")
        # Every other status belongs to the cell that ran after it.
        assert len({request for request, _ in kernel.statuses[after:]}) == 1


async def test_the_configuration_may_choose_the_host(tmp_path: Path) -> None:
    chosen = "c.StreamMagics.host = 'headless'\n"
    async with configure(tmp_path, chosen) as kernel:
        (shown,) = await kernel.run("%stream iter(['whole'])", "a")
        assert shown["data"]["text/plain"] == "whole"
        assert not kernel.panels
        await kernel.run("%reload_ext nbstream")
        await kernel.run("%stream iter(['again'])", "b")
        assert not kernel.panels
