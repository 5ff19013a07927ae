"""What every host answers, and what it is given to run in."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from playwright.sync_api import Browser

from .environments import make_environment

COLUMNS = ("live", "after the cell", "cancel", "reload", "saved", "reopened")


@dataclass(frozen=True)
class Answer:
    """Whether something works; None where there is nothing to try."""

    works: bool | None
    note: str = ""

    def __str__(self) -> str:
        word = {True: "yes", False: "no", None: "–"}[self.works]
        return f"{word}, {self.note}" if self.note else word


Answers = Mapping[str, Answer]


@dataclass(frozen=True)
class Row:
    """What was observed of one host, or of one page of several."""

    name: str
    versions: Mapping[str, str]
    stream: Answers
    """By column: what a stream does."""
    widget: Answers
    """By column: what a plain ipywidget, or a display update, does."""
    sentence: str
    issues: Mapping[str, str]
    """By column: where the upstream project knows about it, for what does not work."""
    date: str = field(default_factory=lambda: datetime.date.today().isoformat())


@dataclass(frozen=True)
class Rig:
    """A browser, and a folder with the environments and what hosts leave behind."""

    browser: Browser
    folder: Path

    def make_python(self, name: str, requirements: Sequence[str]) -> Path:
        """Return the Python of the environment of this name."""
        return make_environment(self.folder / "environments" / name, requirements)

    def folder_of(self, name: str) -> Path:
        return self.folder / "runs" / name


class Host(Protocol):
    """A place where notebooks run."""

    name: str

    def run(self, rig: Rig) -> list[Row]:
        """Run a stream and a plain widget there, and return what was observed."""
