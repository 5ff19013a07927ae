"""Changes to a JSON value that a server sends in its place: Gradio's diffs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_ACTIONS = frozenset(["replace", "append", "add", "delete"])


def is_diff(value: Any) -> bool:
    """Whether a value is a list of changes: `[action, path, value]` each. No change at
    all is an empty list."""
    return isinstance(value, list) and all(
        isinstance(change, list)
        and len(change) == 3
        and isinstance(change[0], str)
        and change[0] in _ACTIONS
        and isinstance(change[1], list)
        for change in value
    )


def apply_diff(value: Any, diff: list[Any]) -> Any:
    """Return a value with changes made to it, in place; those that do not fit it are
    left out."""
    changed = value
    for action, path, argument in _joined(diff):
        if not path:
            changed = _changed(action, changed, argument)
            continue
        target = changed
        try:
            for key in path[:-1]:
                target = target[key]
            _change(action, target, path[-1], argument)
        except (LookupError, TypeError):
            continue
    return changed


def _joined(diff: list[Any]) -> Iterator[list[Any]]:
    """Yield the changes, text that is appended to one place in a row as one: each
    would copy the whole text before it."""
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


def _changed(action: str, before: Any, argument: Any) -> Any:
    if action == "append" and isinstance(before, str) and isinstance(argument, str):
        return before + argument
    return argument if action == "replace" else before


def _change(action: str, target: Any, key: Any, argument: Any) -> None:
    if action == "add" and isinstance(target, list):
        target.insert(key, argument)
    elif action in ("add", "replace"):
        target[key] = argument
    elif action == "append":
        target[key] = _changed(action, target[key], argument)
    else:
        del target[key]
