"""A tool that runs notebooks: nbclient, and so nbconvert and papermill; nbval."""

from __future__ import annotations

from ...display.streams_table import REPEATABLE_COLUMNS
from .base import Surroundings
from .kernel import KernelHost


class Headless(KernelHost):
    """Keeps an output as it is when the cell ends, so cells wait for their streams.

    Such tools name no cell and take no input, while pages do at least one of the two.
    Code under `%%capture` or `%timeit` is treated alike: no page shows later changes.
    """

    name = "headless"
    draws_panels = False
    updates_outputs_after_cell = False
    waits = True
    table_columns = REPEATABLE_COLUMNS  # nbval compares outputs with those of a new run

    def is_detected(self, here: Surroundings) -> bool:
        if here.is_timed or here.is_captured:
            return True
        return not (here.takes_input or here.cell)
