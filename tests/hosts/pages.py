"""Hosts that are a Jupyter server of some environment, and one or two pages."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from ..browser.jupyter import Jupyter, Notebook
from ..channel_server import Source
from . import stream_checks, widget_checks
from .base import Rig, Row
from .environments import versions_of
from .stream_checks import StreamChecks
from .widget_checks import WidgetChecks

START_TIMEOUT_MS = 90_000
"""A new environment compiles its modules when it starts."""
ALWAYS = ("jupyterlab", "ipykernel", "ipywidgets", "anywidget")


class JupyterHost:
    """A Jupyter server that an environment of its own has.

    Attributes:
        name: the name of the host, for the table and the command line.
        requirements: what is installed beside nbstream's own requirements.
        named: the distributions whose versions the table has, beside the usual ones.
        app: which application of Jupyter is started.
        kernel: the name of the kernel.
        sentence: what a reader should know.
        issues: by column, the upstream issue, for what does not work.
    """

    name: str
    requirements: Sequence[str]
    named: Sequence[str] = ()
    app = "lab"
    kernel = "python3"
    sentence: str
    issues: ClassVar[Mapping[str, str]] = {}

    def run(self, rig: Rig) -> list[Row]:
        python = rig.make_python(self.name, self.requirements)
        folder = rig.folder_of(self.name)
        shutil.rmtree(folder, ignore_errors=True)
        server = Jupyter(
            self.app, folder, python=str(python), timeout_ms=START_TIMEOUT_MS
        )
        try:
            return self._observe(rig, server, python)
        finally:
            server.close()

    def _observe(self, rig: Rig, server: Jupyter, python: Path) -> list[Row]:
        def open_() -> Notebook:
            return server.reopen(rig.browser, "hosts.ipynb")

        source = Source()
        try:
            cells = [*stream_checks.stream_cells(source), *widget_checks.CELLS]
            driver = server.open(rig.browser, "hosts.ipynb", cells, self.kernel)
            checked = observe(driver, driver, source, open_, server.folder)
        finally:
            source.close()
        return [self._row(self.name, python, checked)]

    def _row(
        self, name: str, python: Path, checked: tuple[StreamChecks, WidgetChecks]
    ) -> Row:
        return Row(
            name=name,
            versions=versions_of(python, [*self.named, *ALWAYS]),
            stream=checked[0].answers,
            widget=checked[1].answers,
            sentence=self.sentence,
            issues=self.issues,
        )


def observe(
    driver: Notebook,
    viewer: Notebook,
    source: Source,
    reopen: Callable[[], Notebook],
    folder: Path,
) -> tuple[StreamChecks, WidgetChecks]:
    """Run every check in two pages, which may be the same; the kernel ends with it."""

    def shoot(name: str) -> None:
        viewer.page.screenshot(path=folder / f"{name}.png")

    stream = StreamChecks(driver, viewer, source, shoot)
    widget = WidgetChecks(driver, viewer)
    stream.run()
    widget.run()
    shoot("widget")
    stream.check_saved()
    widget.check_saved()
    widget.check_reload()
    stream.check_reload()
    driver.shut_kernel_down()
    for page in {driver, viewer}:
        page.close()
    reopened = reopen()
    stream.check_reopened(reopened)
    widget.check_reopened(reopened)
    reopened.page.screenshot(path=folder / "reopened.png")
    reopened.shut_kernel_down()
    reopened.close()
    return stream, widget
