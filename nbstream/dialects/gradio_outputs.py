"""The outputs of Gradio's functions: values, as they are or within an update that says
how they look, and the text in them."""

from __future__ import annotations

from typing import Any

from .json.fields import obj, text


def unwrapped(output: Any) -> Any:
    """Return the value of an output; None where it only changes how it looks."""
    fields = obj(output)
    return fields.get("value") if fields.get("__type__") == "update" else output


def text_of(output: Any) -> str | None:
    """Return the text of an output: a string, or what a chat's last message says."""
    value = unwrapped(output)
    if isinstance(value, str):
        return value
    last = value[-1] if isinstance(value, list) and value else None
    if isinstance(last, list) and len(last) == 2 and isinstance(last[1], str):
        return last[1]
    said = obj(last)
    if said.get("role") == "assistant" and isinstance(said.get("content"), str):
        return text(said["content"])
    return None


def path_of_text(output: Any) -> list[Any]:
    """Return where in an output its text stands, as a change names it."""
    value = unwrapped(output)
    path: list[Any] = [] if value is output else ["value"]
    if isinstance(value, list) and value:
        path += [len(value) - 1, 1 if isinstance(value[-1], list) else "content"]
    return path
