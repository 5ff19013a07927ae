"""Home-made objects that belong together: those with about the same fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MAX_GROUPS = 100
"""The most groups that are kept apart in one stream."""
_LEAST_SHARED = 0.25


def put_into_group(
    groups: list[tuple[frozenset[str], list[dict[str, Any]]]], fields: dict[str, Any]
) -> None:
    """Add an object to the group that it belongs to, or begin one with it.

    Args:
        groups: each by the fields of its first object; changed in place.
        fields: the object. It is left out where there are `MAX_GROUPS` already.
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
    """Return the fields of the group that these belong to; None if there is none yet.

    They belong to it if most fields of both are the same, or if one has all of the
    other's and not many more.
    """
    best, most = None, 0.0
    for other in known:
        shared, either = len(keys & other), len(keys | other)
        same = shared / either if either else 1.0
        within = keys <= other or other <= keys
        if same > most and (same > 0.5 or (within and same >= _LEAST_SHARED)):
            best, most = other, same
    return best
