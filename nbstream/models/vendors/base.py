"""Vendor: what this package has to know of one kind of model server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...sources import Source
from ..request import Access, ModelRequest


@dataclass(frozen=True, slots=True)
class Vendor:
    """One kind of server."""

    source: Callable[[ModelRequest, Access], Source]
    """Returns where the answer to a request comes from. Raises `KeyMissing`."""
    dialect: str
    """The format of the answer: a name of `nbstream.dialects.dialect_names`."""
