"""Follow a URL in a notebook cell, and read the outputs that remain."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import nbformat
from nbclient import NotebookClient

from .running import ROOT

_BLOCKS = re.compile(r'class="?nbstream-([a-z]+)')
# Wrappers of the content, not kinds of it.
_WRAPPERS = {"snapshot", "note"}


@dataclass(frozen=True, slots=True)
class Seen:
    """The outputs of a cell.

    Attributes:
        state: how the stream ended; `never ended` if the cell had to be interrupted.
        plain: its `text/plain`.
        views: the kinds of content in its `text/html`, such as `text` or `rows`.
    """

    state: str
    plain: str
    views: tuple[str, ...]


class Notebook:
    """Run cells in a kernel, one after the other, as `nbconvert --execute` does."""

    def __init__(self, client: NotebookClient) -> None:
        self._client = client

    def see(self, url: str, body: str | None) -> Seen:
        """Run a cell that follows a URL; by POST if there is a body."""
        line = f"stream {url}"
        return self._run(f"%{line}" if body is None else f"%%{line}\n{body}")

    def _run(self, source: str) -> Seen:
        cell = nbformat.v4.new_code_cell(source)
        self._client.nb.cells.append(cell)
        self._client.execute_cell(cell, len(self._client.nb.cells) - 1)
        interrupted = any(
            output.get("ename") == "KeyboardInterrupt" for output in cell.outputs
        )
        shown = [out for out in cell.outputs if "text/html" in out.get("data", {})]
        if not shown:
            errors = [
                f"{output.ename}: {output.evalue}"
                for output in cell.outputs
                if output.output_type == "error"
            ]
            state = "never ended" if interrupted else "failed"
            return Seen(state, "; ".join(errors), ())
        data: dict[str, Any] = shown[-1]["data"]
        state = shown[-1]["metadata"].get("nbstream", {}).get("state", "")
        views = dict.fromkeys(_BLOCKS.findall(data["text/html"]))
        return Seen(
            "never ended" if interrupted or state == "cancelled" else state,
            data["text/plain"],
            tuple(view for view in views if view not in _WRAPPERS),
        )


@contextmanager
def notebook(patience: float) -> Iterator[Notebook]:
    """Start a kernel with nbstream loaded.

    Args:
        patience: seconds after which a cell is interrupted.
    """
    client = NotebookClient(
        nbformat.v4.new_notebook(),
        timeout=patience,
        interrupt_on_timeout=True,
        allow_errors=True,
        kernel_name="python3",
    )
    with client.setup_kernel(env={**os.environ, "PYTHONPATH": str(ROOT)}):
        started = Notebook(client)
        started._run("%load_ext nbstream")
        yield started
