"""What a stream of nbstream does in the page of a notebook."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import nbformat
from playwright.sync_api import Error as PlaywrightError

from ..browser.jupyter import Notebook
from ..channel_server import Source
from .base import Answer

LOAD, STREAM, CANCELLED, BY_NAME, RELOADED, WIDGET, DISPLAY = range(7)
"""The cells of the notebook that every host runs."""
PATIENCE = 10_000
"""How long something may take to appear, in ms, before it counts as missing."""


def stream_cells(source: Source) -> list[str]:
    return [
        "%load_ext nbstream",
        f"%stream {source.url}/stream",
        f"%stream {source.url}/cancelled -n cancelled",
        "cancelled.cancel()",
        f"%stream {source.url}/reloaded",
    ]


def appears(page: Any, cell: str, expression: str, patience: int = PATIENCE) -> bool:
    """Return whether a condition on a cell becomes true; `cell` and `text`, which is
    what its outputs show, are known to the expression."""
    try:
        page.wait_for_function(
            f"""(index) => {{
                const cell = document.querySelector(
                    `.jp-CodeCell[data-windowed-list-index="${{index}}"]`);
                if (!cell) return false;
                const outputs = [...cell.querySelectorAll('.jp-OutputArea-output')];
                const text = outputs.map((one) => one.innerText).join('\\n');
                return {expression};
            }}""",
            arg=cell,
            timeout=patience,
            polling=100,
        )
    except PlaywrightError:
        return False
    return True


class StreamChecks:
    """Runs a stream by one page and observes it in one, perhaps another.

    Args:
        driver: the page that runs cells.
        viewer: the page that is observed.
        source: the server of the stream.
        shots: takes a screenshot of the viewer, by a name.
    """

    def __init__(
        self,
        driver: Notebook,
        viewer: Notebook,
        source: Source,
        shots: Callable[[str], None],
    ) -> None:
        self.driver = driver
        self.viewer = viewer
        self.source = source
        self.shots = shots
        self.answers: dict[str, Answer] = {}

    def run(self) -> None:
        """Follow one stream from its start to its end, and cancel one."""
        self.driver.start(LOAD)
        self._ends(LOAD)
        self.driver.start(STREAM)
        self.source.wait_present("/stream")
        self.answers["live"] = self._grows("alpha", "beta")
        self.shots("live")
        self.answers["after the cell"] = self._grows_after_the_cell()
        self.source.text("/stream", "omega ")
        self.source.end("/stream")
        frozen = "text.includes('omega') && !cell.querySelector('.nbs-panel')"
        self._appears(STREAM, frozen)
        self._ends(STREAM)
        self.shots("ended")
        self.answers["cancel"] = self._cancels()
        self.shots("cancelled")

    def check_reload(self) -> None:
        """Reload the page while a stream runs."""
        self.driver.start(RELOADED)
        self.source.wait_present("/reloaded")
        self.source.text("/reloaded", "alpha ")
        self._appears(RELOADED, "text.includes('alpha')")
        self._ends(RELOADED, 3000)
        save(self.driver, RELOADED)
        self.answers["reload"] = self._grows_after_a_reload()
        self.shots("reloaded")
        self.source.end("/reloaded")
        self._ends(RELOADED)

    def check_saved(self) -> None:
        """Look at the file."""
        self.answers["saved"] = saved(self.driver, STREAM, "alpha", "omega")

    def check_reopened(self, reopened: Notebook) -> None:
        """Look at a page that opened the notebook later, with a new kernel."""
        whole = "text.includes('alpha') && text.includes('omega')"
        works = appears(reopened.page, str(STREAM), whole)
        self.answers["reopened"] = Answer(works)

    def _appears(self, cell: int, expression: str, patience: int = PATIENCE) -> bool:
        return appears(self.viewer.page, str(cell), expression, patience)

    def _shows(self, word: str) -> bool:
        self.source.text("/stream", f"{word} ")
        return self._appears(STREAM, f"text.includes('{word}')")

    def _has_panel(self, cell: int) -> bool:
        return self._appears(cell, "!!cell.querySelector('.nbs-panel')", 3000)

    def _ends(self, cell: int, patience: int = PATIENCE) -> bool:
        """Return whether a cell ends, as the page that ran it shows it."""
        prompt = (
            "/\\[\\d+\\]/.test(cell.querySelector('.jp-InputPrompt')?.innerText ?? '')"
        )
        return appears(self.driver.page, str(cell), prompt, patience)

    def _grows(self, *words: str) -> Answer:
        for word in words:
            if not self._shows(word):
                return Answer(False)
        return Answer(True, "" if self._has_panel(STREAM) else "as plain output")

    def _grows_after_the_cell(self) -> Answer:
        if not self._ends(STREAM, 5000):
            return Answer(False, "the cell waits for its stream")
        return Answer(self._shows("gamma"))

    def _grows_after_a_reload(self) -> Answer:
        self.viewer.page.reload()
        self.viewer.wait_for_connection()
        if not self._appears(RELOADED, "text.includes('alpha')"):
            return Answer(False)
        self.source.text("/reloaded", "delta ")
        if not self._appears(RELOADED, "text.includes('delta')"):
            return Answer(False, "what was there stays, and does not grow")
        return Answer(True)

    def _cancels(self) -> Answer:
        self.driver.start(CANCELLED)
        self.source.wait_present("/cancelled")
        self.source.text("/cancelled", "one ")
        self._appears(CANCELLED, "text.includes('one')")
        button = self.viewer.panel(CANCELLED).get_by_role(
            "button", name="Cancel the stream"
        )
        note = ""
        try:
            button.click(timeout=3000)
        except PlaywrightError:
            if self._ends(CANCELLED, 1000):
                note = "by name; no button is drawn"
                self.driver.start(BY_NAME)
            else:
                note = "by an interrupt; no button is drawn"
                self.driver.interrupt()
        try:
            self.source.wait_left("/cancelled")
        except AssertionError:
            return Answer(False)
        self._ends(CANCELLED)
        self._appears(CANCELLED, "text.includes('Cancelled')")
        return Answer(True, note)


def save(notebook: Notebook, cell: int) -> Any:
    """Have the notebook saved; return the outputs of a cell in the file, as soon as it
    has one. Where the server keeps the document, it saves at its own time."""
    with contextlib.suppress(PlaywrightError):
        notebook.page.evaluate(
            "() => { void window.jupyterapp.commands.execute('docmanager:save'); }"
        )
    for _ in range(PATIENCE // 500):
        notebook.page.wait_for_timeout(500)
        outputs = nbformat.read(notebook.path, as_version=4).cells[cell].outputs
        if outputs:
            return outputs
    return []


def saved(notebook: Notebook, cell: int, *words: str) -> Answer:
    """Return whether the file holds these words in the output of a cell, once, and no
    widget, after the page has saved it or the server has."""
    for _ in range(3):
        outputs = save(notebook, cell)
        text = json.dumps(outputs)
        if all(word in text for word in words):
            if "widget-view" in text:
                return Answer(False, "a widget is in the file")
            plain = [o.get("data", {}).get("text/plain", "") for o in outputs]
            times = sum(words[0] in text for text in plain)
            return Answer(True) if times < 2 else Answer(False, f"{times} times")
    return Answer(False)
