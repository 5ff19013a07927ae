"""Apply the diffs that Gradio sends in place of a whole JSON value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_ACTIONS = frozenset(["replace", "append", "add", "delete"])


def is_diff(value: Any) -> bool:
    """True for a list of changes, `[action, path, value]` each; an empty list is a diff
    without changes."""
    return isinstance(value, list) and all(
        isinstance(change, list)
        and len(change) == 3
        and isinstance(change[0], str)
        and change[0] in _ACTIONS
        and isinstance(change[1], list)
        for change in value
    )


def apply_diff(value: Any, diff: list[Any]) -> Any:
    """Apply changes to a value, in place where possible, and return it. Skip changes
    that do not fit it."""
    changed = value
    for action, path, argument in _join_appends(diff):
        if not path:
            changed = _change_value(action, changed, argument)
            continue
        target = changed
        try:
            for key in path[:-1]:
                target = target[key]
            _change_item(action, target, path[-1], argument)
        except (LookupError, TypeError):
            continue
    return changed


def _join_appends(diff: list[Any]) -> Iterator[list[Any]]:
    """Yield the changes, with successive appends to the same path joined into one: each
    append copies the whole text."""
    path: list[Any] | None = None
    pieces: list[str] = []
    for change in diff:
        action, at, argument = change
        appends = action == "append" and isinstance(argument, str)
        if pieces and not (appends and at == path):
            yield ["append", path, "".join(pieces)]
            pieces = []
        if appends:
            path = at
            pieces.append(argument)
        else:
            yield change
    if pieces:
        yield ["append", path, "".join(pieces)]


def _change_value(action: str, before: Any, argument: Any) -> Any:
    if action == "append" and isinstance(before, str) and isinstance(argument, str):
        return before + argument
    return argument if action == "replace" else before


def _change_item(action: str, target: Any, key: Any, argument: Any) -> None:
    if action == "add" and isinstance(target, list):
        target.insert(key, argument)
    elif action in ("add", "replace"):
        target[key] = argument
    elif action == "append":
        target[key] = _change_value(action, target[key], argument)
    else:
        del target[key]
