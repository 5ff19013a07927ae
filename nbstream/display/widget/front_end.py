"""The built front end, and the widgets that carry it to a page."""

from __future__ import annotations

import functools
import hashlib
from importlib import resources

import anywidget
import traitlets

from ...errors import BundleMissing

PROTOCOL = 1
"""The version of what kernel and page exchange: the traits of panels and the messages.
It counts up with each change that an older page or kernel would not understand.
`frontend/src/protocol.ts` has the same number; with another one, a panel says so."""


@functools.cache
def read_built(name: str) -> str:
    """Read a built file of the front end.

    Raises:
        BundleMissing: if it has not been built.
    """
    path = resources.files("nbstream").joinpath("static", name)
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise BundleMissing(str(path)) from None


@functools.cache
def slot_name() -> str:
    """Return the page-global name under which panels find this very build: two kernels
    with different versions may share a page."""
    digest = hashlib.sha256(read_built("runtime.js").encode()).hexdigest()
    return f"nbstream-{digest[:16]}"


class FrontEndWidget(anywidget.AnyWidget):
    """Carries a file of the front end, and nothing that ipywidgets would add."""

    # A `Layout` is a widget too, with a comm and a model in every page, and closing its
    # owner does not close it. Ours are laid out by their own style sheet.
    layout = traitlets.Any(None)
