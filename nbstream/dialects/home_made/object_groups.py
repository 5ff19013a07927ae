"""Group home-made objects that have about the same fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MAX_GROUPS = 100
"""The maximum number of groups in one stream."""
_MIN_SHARED = 0.25


def add_to_group(
    groups: list[tuple[frozenset[str], list[dict[str, Any]]]], fields: dict[str, Any]
) -> None:
    """Add an object to the group that it belongs to, or begin a group with it.

    Args:
        groups: each with the names of its first object; changed in place.
        fields: the object. It is dropped if it needs a group past `MAX_GROUPS`.
    """
    keys = frozenset(fields)
    near = nearest_group(keys, [known for known, _ in groups])
    for known, group in groups:
        if known == near:
            group.append(fields)
            return
    if len(groups) < MAX_GROUPS:
        groups.append((keys, [fields]))


def nearest_group(
    keys: frozenset[str], known: Sequence[frozenset[str]] | dict[frozenset[str], Any]
) -> frozenset[str] | None:
    """Return the names of the group that an object belongs to; None if there is none.

    It belongs to the group with which it shares most names: more than half of all, or
    at least a quarter if one has all the names of the other.
    """
    best, most = None, 0.0
    for other in known:
        shared, either = len(keys & other), len(keys | other)
        same = shared / either if either else 1.0
        within = keys <= other or other <= keys
        if same > most and (same > 0.5 or (within and same >= _MIN_SHARED)):
            best, most = other, same
    return best
