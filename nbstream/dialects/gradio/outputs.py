"""Read the outputs of Gradio's functions: values, plain or in an update of a component,
and the text in them."""

from __future__ import annotations

from typing import Any

from ..json.fields import obj, text


def unwrap(output: Any) -> Any:
    """Return the value of an output; None if it only updates the component."""
    fields = obj(output)
    return fields.get("value") if fields.get("__type__") == "update" else output


def text_of(output: Any) -> str | None:
    """Return the text of an output: a string, or the last message of a chat."""
    value = unwrap(output)
    if isinstance(value, str):
        return value
    last = value[-1] if isinstance(value, list) and value else None
    if isinstance(last, list) and len(last) == 2 and isinstance(last[1], str):
        return last[1]
    message = obj(last)
    if message.get("role") == "assistant" and isinstance(message.get("content"), str):
        return text(message["content"])
    return None


def path_of_text(output: Any) -> list[Any]:
    """Return the path of the text in an output, as a diff has it."""
    value = unwrap(output)
    path: list[Any] = [] if value is output else ["value"]
    if isinstance(value, list) and value:
        path += [len(value) - 1, 1 if isinstance(value[-1], list) else "content"]
    return path
