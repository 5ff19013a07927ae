"""What IPython's shells can do but offer no public way to.

Each function checks first whether this IPython has it, and otherwise falls back to what
holds for a plain cell.
"""

from __future__ import annotations

import sys
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def current_request(shell: InteractiveShell) -> dict[str, Any]:
    """Return the message that asked for what runs now; empty without a kernel, or with
    one that does not say."""
    get_parent = getattr(shell, "get_parent", None)
    request = get_parent() if callable(get_parent) else None
    return request if isinstance(request, dict) else {}


def captures_display(shell: InteractiveShell) -> bool:
    """Return whether `%%capture` keeps what is displayed; False if that is unknown."""
    displaypub = sys.modules.get("IPython.core.displaypub")
    capturing = getattr(displaypub, "CapturingDisplayPublisher", None)
    return isinstance(capturing, type) and isinstance(shell.display_pub, capturing)


def code_that_runs_cells(shell: InteractiveShell) -> CodeType | None:
    """Return the code of the shell's function that runs each part of a cell; None if it
    is not known, and then no cell counts as part of another."""
    code = getattr(getattr(type(shell), "run_code", None), "__code__", None)
    return code if isinstance(code, CodeType) else None


def runs_asyncio(shell: InteractiveShell) -> bool:
    """Return whether the shell runs a cell with a top-level `await` in asyncio; False
    if that is unknown, and then a magic that waits holds its thread."""
    runners = getattr(shell, "loop_runner_map", {})
    runner = getattr(shell, "loop_runner", None)
    asyncio_runner = runners.get("asyncio", (None,))[0]
    return bool(shell.autoawait and runner is not None and runner is asyncio_runner)
