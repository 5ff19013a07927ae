"""Tracebacks as a user wants them: from the user's own code on."""

from __future__ import annotations

import traceback
from pathlib import Path

_OURS = str(Path(__file__).parent)


def users_traceback(error: BaseException) -> str:
    """The traceback from the first frame that is not ours."""
    frames = traceback.extract_tb(error.__traceback__)
    first = next(
        (i for i, frame in enumerate(frames) if not frame.filename.startswith(_OURS)),
        0,
    )
    tb = error.__traceback__
    for _ in range(first):
        tb = tb.tb_next if tb is not None else None
    return "".join(traceback.format_exception(type(error), error, tb)).rstrip()
