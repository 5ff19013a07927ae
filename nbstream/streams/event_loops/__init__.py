"""The event loop: calls into it from any thread, and work that must not block it."""

from .calls import (
    call_in,
    call_while_running,
    check_not_paused,
    run_in_new_loop,
    running_loop,
)

__all__ = [
    "call_in",
    "call_while_running",
    "check_not_paused",
    "run_in_new_loop",
    "running_loop",
]
