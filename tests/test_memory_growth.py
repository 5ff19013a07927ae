"""Whatever a stream sends, however much of it: memory stays within the budget."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nbstream.content.blocks import Limits

from .growing import text_fields

ROOT = Path(__file__).parent.parent
BUDGET_MB = Limits().memory >> 20
FIELDS = text_fields()
# One process for each processor: all of it takes minutes.
AT_ONCE = os.cpu_count() or 1


def growth(size: int, count: int, fields: list[str]) -> dict[str, int]:
    """Return by how many MB a process grew with each field, one after the other."""
    command = [sys.executable, "-m", "tests.growing", str(size), str(count), *fields]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {name: int(mb) for name, mb in map(str.split, done.stdout.splitlines())}


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize(
    # Python takes half as much again as is counted, and some copies of one event.
    ("size", "count", "most"),
    [
        (1024, 1_000_000, 1.5 * BUDGET_MB),
        (16 * 1024 * 1024, 100, 1.5 * BUDGET_MB + 10 * 16),
    ],
    ids=["1 KB", "16 MB"],
)
def test_no_field_of_any_update_makes_memory_grow(
    size: int, count: int, most: float
) -> None:
    shares = [share for n in range(AT_ONCE) if (share := FIELDS[n::AT_ONCE])]
    grown: dict[str, int] = {}
    with ThreadPoolExecutor(AT_ONCE) as processes:
        for part in processes.map(lambda share: growth(size, count, share), shares):
            grown |= part
    print(grown)
    assert sorted(grown) == sorted(FIELDS)
    too_much = {field: mb for field, mb in grown.items() if mb > most}
    assert not too_much, f"MB, of at most {most:.0f}"


def test_every_kind_of_text_is_driven() -> None:
    assert {"Text.text", "Row.data", "Metric.name", "Failed.traceback"} < set(FIELDS)
