"""Versions of nbstream that meet in one page: in two notebooks, and over an upgrade."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from ..channel_server import Source
from ..node import NODE
from .jupyter import Jupyter, Notebook, panel_text

PACKAGE = Path(__file__).parents[2] / "nbstream"
# What the next version has different, by file.
CHANGES = {
    "frontend/src/panels/stream_panel.ts": ('live: "Live"', 'live: "Following"'),
    "frontend/src/protocol.ts": ("PROTOCOL = 1;", "PROTOCOL = 2;"),
    "display/widget/front_end.py": ("PROTOCOL = 1\n", "PROTOCOL = 2\n"),
}


@pytest.fixture(scope="module")
def next_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a version with another front end and another protocol."""
    package = tmp_path_factory.mktemp("next") / "nbstream"
    copy(PACKAGE, package, but=["node_modules", "static"])
    for name, (old, new) in CHANGES.items():
        text = (package / name).read_text("utf-8")
        assert old in text
        (package / name).write_text(text.replace(old, new), "utf-8")
    modules = package / "frontend" / "node_modules"
    modules.symlink_to((PACKAGE / "frontend" / "node_modules").resolve())
    subprocess.run([NODE, "build.mjs"], cwd=package / "frontend", check=True)
    return package


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Install this version into a directory, in which it can be upgraded."""
    copy(PACKAGE, tmp_path / "site" / "nbstream", but=["frontend"])
    return tmp_path / "site"


@pytest.fixture
def notebook(
    site: Path, lab: Jupyter, browser: Browser, source: Source, tmp_path: Path
) -> Iterator[Notebook]:
    """A notebook whose kernel imports nbstream from there, with a stream in cell 1."""
    name = f"{tmp_path.name}.ipynb"
    stream = f"%stream {source.url}/s"
    notebook = lab.open(browser, name, [load_from(site), stream, f"{stream}2"])
    notebook.run(0)
    yield notebook
    notebook.shut_kernel_down()
    notebook.close()


def copy(package: Path, to: Path, but: list[str]) -> None:
    ignored = shutil.ignore_patterns("__pycache__", *but)
    shutil.copytree(package, to, ignore=ignored, dirs_exist_ok=True)


def upgrade(site: Path, to: Path) -> None:
    """Install another version, as pip does: the files are new ones."""
    os.rename(site / "nbstream", site / "removed")
    copy(to, site / "nbstream", but=["frontend"])


def load_from(site: Path) -> str:
    return f"import sys\nsys.path.insert(0, {str(site)!r})\n%load_ext nbstream"


def test_two_kernels_of_different_versions_in_one_page(
    lab: Jupyter, source: Source, notebook: Notebook, next_version: Path
) -> None:
    """Each panel has its own kernel's code, and lives on when the other is closed."""
    cells = [load_from(next_version.parent), f"%stream {source.url}/other"]
    other = lab.open_beside(notebook, f"other-{notebook.path.name}", cells)
    other.run(0)
    other.run(1)
    notebook.activate()
    notebook.run(1)
    source.text("/s", "this ")
    source.text("/other", "other ")
    ours, theirs = notebook.panel(1), other.panel(1)
    expect(ours.get_by_role("status")).to_have_text("Live")
    expect(theirs.get_by_role("status")).to_have_text("Following")
    expect(panel_text(ours)).to_have_text("this")
    expect(panel_text(theirs)).to_have_text("other")
    notebook.shut_kernel_down()
    expect(ours).to_have_count(0)
    source.text("/other", "goes on")
    expect(panel_text(theirs)).to_have_text("other goes on")
    theirs.get_by_role("button", name="Cancel the stream").click()
    source.wait_left("/other")
    expect(other.output(1)).to_contain_text("Cancelled")
    other.shut_kernel_down()


def test_a_kernel_is_restarted_after_an_upgrade_while_the_page_stays_open(
    source: Source, notebook: Notebook, site: Path, next_version: Path
) -> None:
    """Until then it goes on as it was; then the new version draws its own panels."""
    notebook.run(1)
    source.text("/s", "before ")
    first, second = notebook.panel(1), notebook.panel(2)
    expect(first.get_by_role("status")).to_have_text("Live")
    upgrade(site, next_version)
    notebook.run(2)
    expect(second.get_by_role("status")).to_have_text("Live")
    notebook.restart_kernel()
    notebook.run(0)
    notebook.run(2)
    source.text("/s2", "after")
    expect(second.get_by_role("status")).to_have_text("Following")
    expect(panel_text(second)).to_have_text("after")
    expect(notebook.output(1)).to_contain_text("before")
    expect(notebook.output(1)).to_contain_text("The kernel ended")
    notebook.save()
    notebook.reload()
    expect(second.get_by_role("status")).to_have_text("Following")
    expect(panel_text(second)).to_have_text("after")


def test_a_kernel_that_goes_on_over_an_upgrade_with_the_front_end_of_another_version(
    source: Source, notebook: Notebook, site: Path, next_version: Path
) -> None:
    """It reads the front end with its first panel, when its Python code is the old one.
    The panel says what to do, and its stream's output comes at the end."""
    notebook.evaluate("__import__('nbstream.display.widget.table_view') and 1")
    upgrade(site, next_version)
    notebook.run(1)
    source.text("/s", "received all the same")
    panel = notebook.panel(1)
    expect(panel).to_contain_text("different versions of nbstream")
    expect(panel).to_contain_text("Reload the page")
    notebook.save()
    notebook.reload()
    expect(panel).to_contain_text("restart the kernel")
    source.end("/s")
    expect(notebook.wait_frozen(1)).to_have_text("received all the same")
    notebook.restart_kernel()
    notebook.run(0)
    notebook.run(2)
    expect(notebook.panel(2).get_by_role("status")).to_have_text("Following")
