"""What can be observed of the place where code runs, for the detection of its host."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What can be observed of the place where code runs."""

    has_kernel: bool
    """Whether a Jupyter kernel runs the shell."""
    has_request: bool = True
    """Whether the kernel knows the request that it handles; xeus-python does not."""
    cell: str | None = None
    """The id of the cell, if the request names one."""
    takes_input: bool = False
    """Whether the one who sent the request answers `input()`."""
    has_page: bool = False
    """Whether a page has sent messages of widgets to this kernel."""
    in_session: bool = False
    """Whether a Jupyter server started this kernel for a notebook."""
    is_captured: bool = False
    """Whether `%%capture` keeps what is displayed."""
    is_timed: bool = False
    """Whether `%timeit` repeats the code that runs."""
    has_threads: bool = True
    """Whether threads can be started, which Python in a browser cannot."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The environment variables, without those that a server gave another kernel."""
    modules: Container[str] = frozenset()
    """The names of the modules that are imported."""
