"""Memory stays within the budget for any kind and amount of content."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from nbstream.limits import Limits

from .memory_growth import text_fields

pytestmark = pytest.mark.slow

MB = 1024 * 1024
ROOT = Path(__file__).parent.parent
DEFAULT_MB = Limits().memory >> 20
# All fields with the default budget would take minutes.
SMALL_MB = DEFAULT_MB // 4
# The allocator's overhead from one field to the next, at any budget.
BESIDE_MB = 8
FIELDS = text_fields()
# One process for each processor: all of it takes minutes.
AT_ONCE = os.cpu_count() or 1


def growth(budget: int, size: int, count: int, fields: list[str]) -> dict[str, int]:
    """Return by how many MB a process grew with each field, in turn."""
    numbers = map(str, (budget, size, count))
    command = [sys.executable, "-m", "tests.memory_growth", *numbers, *fields]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {name: int(mb) for name, mb in map(str.split, done.stdout.splitlines())}


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize(
    # Python takes half as much again as is counted, and some copies of one event.
    ("fields", "budget", "size", "count", "most"),
    [
        (FIELDS, SMALL_MB, 1024, 250_000, 1.5 * SMALL_MB + BESIDE_MB),
        (FIELDS, SMALL_MB, 4 * MB, 100, 1.5 * SMALL_MB + BESIDE_MB + 10 * 4),
        (["Row.data"], DEFAULT_MB, 1024, 1_000_000, 1.5 * DEFAULT_MB),
        (["Text.text"], DEFAULT_MB, 16 * MB, 100, 1.5 * DEFAULT_MB + 10 * 16),
    ],
    ids=["1 KB", "4 MB", "1 KB, default budget", "16 MB, default budget"],
)
def test_no_field_of_any_update_makes_memory_grow(
    fields: list[str], budget: int, size: int, count: int, most: float
) -> None:
    shares = [share for n in range(AT_ONCE) if (share := fields[n::AT_ONCE])]
    grown: dict[str, int] = {}
    with ThreadPoolExecutor(AT_ONCE) as processes:
        for part in processes.map(partial(growth, budget, size, count), shares):
            grown |= part
    print(grown)
    assert sorted(grown) == sorted(fields)
    too_much = {field: mb for field, mb in grown.items() if mb > most}
    assert not too_much, f"MB, of at most {most:.0f}"


def test_every_kind_of_text_is_driven() -> None:
    assert {"Text.text", "Row.data", "Metric.name", "Failed.traceback"} < set(FIELDS)
