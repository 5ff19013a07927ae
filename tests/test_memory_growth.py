"""Whatever a stream sends, however much of it: memory stays within the budget."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nbstream.blocks import Limits

from .growing import text_fields

ROOT = Path(__file__).parent.parent
BUDGET_MB = Limits().memory >> 20
FIELDS = text_fields()


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("fields", [FIELDS[n::4] for n in range(4)], ids=" ".join)
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
    size: int, count: int, most: float, fields: list[str]
) -> None:
    command = [sys.executable, "-m", "tests.growing", str(size), str(count), *fields]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    grown = [line.split() for line in done.stdout.splitlines()]
    assert [field for field, _ in grown] == fields
    too_much = [(field, int(mb)) for field, mb in grown if int(mb) > most]
    assert not too_much, f"MB, of at most {most:.0f}"


def test_every_kind_of_text_is_driven() -> None:
    assert {"Text.text", "Row.data", "Metric.name", "Failed.traceback"} < set(FIELDS)
