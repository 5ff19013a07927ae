"""The panel with a keyboard, a screen reader, high contrast or reduced motion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

import nbstream

from ..channel_server import Source
from .all_block_kinds import EVERYTHING, expect_everything
from .jupyter import Notebook

Open = Callable[..., Notebook]

AXE = Path(nbstream.__file__).parent / "frontend/node_modules/axe-core/axe.min.js"


def violations_in(page: Page, selector: str) -> list[str]:
    """Return the violations that axe finds: names, roles, contrast."""
    found: Any = page.evaluate(
        """async (selector) => {
            const { violations, passes } = await axe.run(selector);
            return [violations, passes.length];
        }""",
        selector,
    )
    violations, passes = found
    assert passes > 0
    return [
        f"{one['id']}: {node['html'][:200]} ({node['failureSummary'][:300]})"
        for one in violations
        for node in one["nodes"]
    ]


def follow(open_notebook: Open, source: Source) -> tuple[Notebook, Locator]:
    notebook = open_notebook(f"%stream {source.url}/all", "%streams")
    notebook.run(1)
    source.send("/all", *EVERYTHING)
    panel = notebook.panel(1)
    expect_everything(panel)
    return notebook, panel


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_names_roles_and_contrast(
    open_notebook: Open, source: Source, theme: str
) -> None:
    """In every view, live and frozen, and in the table of streams, in both themes."""
    notebook, panel = follow(open_notebook, source)
    page = notebook.page
    notebook.change_theme(theme)
    page.add_script_tag(path=AXE)
    for summary in panel.locator("summary").all():
        summary.click()
    notebook.page.mouse.move(0, 0)
    assert violations_in(page, ".nbs-panel") == []
    notebook.run(2)
    streams = notebook.panel(2)
    expect(streams.get_by_role("button", name="Cancel all")).to_be_enabled()
    assert violations_in(page, ".nbs-panel[aria-label=Streams]") == []
    log = panel.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "off")
    # There is one live region: automatic changes are announced in the status or not at
    # all.
    expect(panel.locator("[aria-live]:not([aria-live=off])")).to_have_count(1)
    expect(panel.get_by_role("status")).to_have_attribute("aria-live", "polite")
    source.send("/all", {"type": "error", "message": "out of memory"})
    frozen = notebook.wait_frozen(1)
    for summary in frozen.locator("summary").all():
        summary.click()
    assert violations_in(page, ".nbstream-snapshot") == []
    expect(streams).to_have_count(0)
    assert violations_in(page, ".nbstream-streams") == []


def test_nothing_moves_with_reduced_motion(open_notebook: Open, source: Source) -> None:
    notebook, panel = follow(open_notebook, source)
    running = """panel => panel.getAnimations({ subtree: true })
        .filter((one) => one.effect.getComputedTiming().activeDuration > 100).length"""
    assert panel.evaluate(running) > 0
    notebook.page.emulate_media(reduced_motion="reduce")
    assert panel.evaluate(running) == 0
