"""Write docs/hosts.md from what was observed, which is kept beside the environments."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from .base import COLUMNS, Answer, Row

_HEAD = """\
# Hosts

What a stream does in each host: whether it is shown live; whether it goes on when its
cell has ended; how it is cancelled; whether a page that is reloaded meanwhile goes on;
whether the saved notebook holds the text, once, and no widget; whether that is there
when the notebook is opened again. "Widget" is the control: what a plain `IntSlider`,
`Button` or display update does in the same page.

`python -m tests.hosts` runs them and writes this page.
"""
# The hosts that the tests run, and the stand-in for those that nobody runs here.
_IN_CI = Path(__file__).with_name("in_ci.md")


def keep_rows(path: Path, rows: Iterable[Row]) -> list[Row]:
    """Replace rows of the same name in a file of rows; return all of them."""
    kept = {row.name: row for row in _read_rows(path)}
    kept.update({row.name: row for row in rows})
    path.write_text(json.dumps([asdict(row) for row in kept.values()], indent=1))
    return list(kept.values())


def write_page(path: Path, rows: Sequence[Row]) -> None:
    header = "| host | | " + " | ".join(COLUMNS) + " |"
    lines = [_HEAD, header, "|" + "---|" * (len(COLUMNS) + 2)]
    for row in rows:
        stream = " | ".join(_stream_cell(row, column) for column in COLUMNS)
        widget = " | ".join(str(row.widget[column]) for column in COLUMNS)
        lines.append(f"| {row.name} | stream | {stream} |")
        lines.append(f"| | widget | {widget} |")
    lines.append("")
    for row in rows:
        versions = ", ".join(f"{name} {v}" for name, v in row.versions.items())
        lines.append(f"- **{row.name}** ({row.date}; {versions}): {row.sentence}")
    path.write_text("\n".join(lines) + "\n\n" + _IN_CI.read_text("utf-8"), "utf-8")


def unexplained(row: Row) -> list[str]:
    """Return what a stream does not do although a plain widget does."""
    return [
        column
        for column in COLUMNS
        if row.stream[column].works is False and row.widget[column].works
    ]


def _stream_cell(row: Row, column: str) -> str:
    answer = row.stream[column]
    if answer.works is not False:
        return str(answer)
    issue = row.issues.get(column)
    why = f"[upstream]({issue})" if issue else "no upstream issue found"
    return f"{answer}; {why}"


def _read_rows(path: Path) -> list[Row]:
    if not path.is_file():
        return []
    rows = []
    for kept in json.loads(path.read_text()):
        for part in ("stream", "widget"):
            answers = kept[part].items()
            kept[part] = {column: Answer(**answer) for column, answer in answers}
        rows.append(Row(**kept))
    return rows
