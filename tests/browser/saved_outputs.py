"""Read the outputs of a saved notebook."""

from __future__ import annotations

from typing import Any

WIDGET = "application/vnd.jupyter.widget-view+json"


def outputs(saved: Any, index: int) -> list[Any]:
    """Return the displayed outputs of a cell, without what it printed."""
    return [output for output in saved.cells[index].outputs if "data" in output]


def assert_ordinary(saved: Any, index: int, text: str) -> None:
    """Assert that the cell has one output: the text in three forms, and no widget."""
    (output,) = outputs(saved, index)
    assert set(output.data) == {"text/plain", "text/markdown", "text/html"}
    assert all(text in form for form in output.data.values())
    assert WIDGET not in str(saved)
