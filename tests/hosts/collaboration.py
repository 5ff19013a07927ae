"""jupyter-collaboration: two pages share one notebook."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from ..browser.jupyter import Jupyter, Notebook
from ..channel_server import Source
from . import stream_checks, widget_checks
from .base import Rig, Row
from .pages import JupyterHost, observe

_SECOND = "https://github.com/jupyterlab/jupyterlab/issues/11435"


class Collaboration(JupyterHost):
    """One page runs the cells; the table has a row for each of the two."""

    name = "jupyter-collaboration"
    requirements = ("jupyter-collaboration", "jupyterlab")
    named = ("jupyter-collaboration",)
    sentence = (
        "Two pages share a notebook. The one that runs the cell has its panel; the "
        "other does not trust that cell, so it draws no widget and has the text when "
        "the stream has ended, or a panel after a reload. It would see display "
        "updates, which nbstream does not send while another page draws the panel."
    )
    issues: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("live", "after the cell", "cancel", "reload"), _SECOND
    )

    def _observe(self, rig: Rig, server: Jupyter, python: Path) -> list[Row]:
        rows = []
        for number, name in enumerate((self.name, f"{self.name}, the other page")):
            file = f"hosts-{number}.ipynb"

            def open_(file: str = file) -> Notebook:
                return server.reopen(rig.browser, file)

            source = Source()
            try:
                cells = [*stream_checks.stream_cells(source), *widget_checks.CELLS]
                driver = server.open(rig.browser, file, cells)
                other = open_()
                viewer = other if number else driver
                folder = server.folder / f"page-{number}"
                folder.mkdir()
                checked = observe(driver, viewer, source, open_, folder)
                if not number:
                    other.close()
            finally:
                source.close()
            rows.append(self._row(name, python, checked))
        return rows
