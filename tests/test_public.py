"""The public names: what `nbstream` promises, and every import that the docs show."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nbstream

ROOT = Path(__file__).parent.parent
PAGES = [
    *[ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))],
    *sorted((ROOT / "notebooks").glob("*.ipynb")),
]
DOTTED = re.compile(r"(?<![\w./-])nbstream(?:\.[A-Za-z_]\w*)+")
IMPORTED = re.compile(r"from (nbstream[\w.]*) import ([\w, ]+)")
MODULES = """
import importlib, json, pkgutil
import nbstream
for module in pkgutil.walk_packages(nbstream.__path__, "nbstream."):
    if module.name not in ("nbstream.__main__", "nbstream.frontend.hatch_build"):
        importlib.import_module(module.name)
named = {name: type(getattr(nbstream, name)).__name__ for name in nbstream.__all__}
print(json.dumps([named, dir(nbstream)]))
"""


def text_of(page: Path) -> str:
    text = page.read_text("utf-8")
    if page.suffix == ".md":
        return text
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


def names_in(text: str) -> Iterator[str]:
    """Return every dotted name of the package in a page, and every one that it
    imports."""
    yield from DOTTED.findall(text)
    for module, names in IMPORTED.findall(text):
        yield from (f"{module}.{name.strip()}" for name in names.split(","))


def find(name: str) -> object:
    """Import the longest module of a dotted name, and look the rest up in it.

    Raises:
        AttributeError: if there is no such name.
    """
    found: object = nbstream
    path = "nbstream"
    for part in name.split(".")[1:]:
        path = f"{path}.{part}"
        if not hasattr(found, part):
            try:
                found = importlib.import_module(path)
                continue
            except ModuleNotFoundError:
                pass
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_every_name_in_the_docs_exists(page: Path) -> None:
    for name in names_in(text_of(page)):
        assert find(name) is not None


def test_the_docs_name_what_is_public() -> None:
    shown = {name for page in PAGES for name in names_in(text_of(page))}
    assert shown >= {
        "nbstream.ask",
        "nbstream.demo.serve",
        "nbstream.dialects.Format",
        "nbstream.sse.EventSource",
        "nbstream.sse.EventStreamResponse",
        "nbstream.sse.ServerSentEvent",
        "nbstream.sse.to_event",
        "nbstream.stream",
        "nbstream.streams.pipeline.Pipeline",
        "nbstream.testing.ModelServer",
        "nbstream.testing.plugin",
        "nbstream.updates",
    }


def test_dir_shows_the_promise_alone() -> None:
    assert {*dir(nbstream)} == {*nbstream.__all__, "__version__"}


def test_no_module_shadows_a_public_name() -> None:
    """Importing a module sets its name in its package: `nbstream.stream` has to stay
    the function, whatever is imported."""
    before = {name: type(getattr(nbstream, name)).__name__ for name in nbstream.__all__}
    done = subprocess.run(
        [sys.executable, "-c", MODULES], capture_output=True, text=True, check=True
    )
    after, shown = json.loads(done.stdout)
    assert after == before
    assert after["stream"] == after["ask"] == "function"
    assert {*shown} == {*nbstream.__all__, "__version__"}
