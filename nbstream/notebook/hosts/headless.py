"""Tools that run notebooks: nbclient, and so nbconvert and papermill; nbval."""

from __future__ import annotations

from ...display.streams_table import REPEATABLE_COLUMNS
from .kernel import KernelHost
from .surroundings import Surroundings


class Headless(KernelHost):
    """Keeps an output as it is when the cell ends, so cells wait for their streams and
    display them once, at the end.

    Such tools name no cell and take no input, and no Jupyter server started their
    kernels. `NBSTREAM_HOST=headless` names it where something else is detected.
    """

    name = "headless"
    draws_panels = False
    shows_while_running = False
    updates_outputs_after_cell = False
    waits = True
    table_columns = REPEATABLE_COLUMNS  # nbval compares outputs with those of a new run

    def is_detected(self, here: Surroundings) -> bool:
        return True


class RefreshedHeadless(Headless):
    """The same where someone watches: the cell's output is refreshed while it waits.

    Chosen by `NBSTREAM_HEADLESS_UPDATES=1`, for these updates are many messages, and a
    tool that stops in between keeps the last one.
    """

    name = "headless-updates"
    shows_while_running = True

    def is_detected(self, here: Surroundings) -> bool:
        return here.environment.get("NBSTREAM_HEADLESS_UPDATES", "") not in ("", "0")


class Captured(Headless):
    """Any notebook, for code under `%%capture` or `%timeit`: what it displays is kept
    or thrown away, and no page shows later changes of it."""

    name = "captured"

    def is_detected(self, here: Surroundings) -> bool:
        return here.is_timed or here.is_captured
