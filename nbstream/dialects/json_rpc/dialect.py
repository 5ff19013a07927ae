"""Read JSON-RPC 2.0: MCP over streamable HTTP, and A2A.

Requests to the client, and notifications without a view, are kept raw; the response to
the request is the end. Source: modelcontextprotocol.io, "Transports",
"Progress", "Logging" and "Tools"; a2a-protocol.org.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...sse import ServerSentEvent
from ...updates import (
    Ending,
    Failed,
    LogLine,
    Progress,
    Raw,
    Row,
    Text,
    Update,
)
from ..json.fields import (
    UnknownFields,
    number,
    obj,
    objects,
    percent_of,
    stringify,
    text,
    total_of,
    value_of,
)
from ..parts.stop_reasons import classify_failure, make_cut_off
from .a2a import A2A, is_a2a

_KNOWN = "jsonrpc id method params result error"
_LIST_FIELDS = ("tools", "resources", "resourceTemplates", "prompts")
_OTHER_LIST_FIELDS = ("nextCursor", "_meta", "resultType", "ttlMs", "cacheScope")
_NO_MESSAGE = "the server sent an error without a message"


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """True for an event that only this format has."""
    first = value[0] if isinstance(value, list) and value else value
    fields = obj(first)
    return fields.get("jsonrpc") == "2.0" and not fields.keys().isdisjoint(
        ("method", "result", "error")
    )


class JsonRpc:
    """Read the response to one request, and the notifications before it."""

    def __init__(self) -> None:
        self._unknown_fields = UnknownFields(_KNOWN)
        self._a2a = A2A()
        self._tokens: list[Any] = []
        self._is_answering = False

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return the updates of the event; one `Raw` if it is not understood."""
        raw = Raw(event.event, event.data)
        value = value_of(event.data)
        # Older versions of the protocol allow batches.
        messages = objects(value) if isinstance(value, list) else [obj(value)]
        updates: list[Update] = []
        for message in messages:
            read = self._read_message(message)
            has_unknown = read is None or self._unknown_fields.has_new(message)
            if has_unknown and raw not in updates:
                updates.append(raw)
            updates += read or []
        return updates or ((raw,) if not isinstance(value, dict) else ())

    def end(self) -> Sequence[Update]:
        """Return a truncated answer's `Stopped`, if the answer has not ended."""
        cut = self._is_answering or self._a2a.is_answering
        return (make_cut_off(),) if cut else ()

    def _read_message(self, message: dict[str, Any]) -> list[Update] | None:
        params = obj(message.get("params"))
        match message.get("method"):
            case "notifications/progress":
                return self._read_progress(params)
            case "notifications/message":
                return _read_log(params)
            case str():
                return None
        error = message.get("error")
        if error:
            self._is_answering = False
            return [_read_error(error)]
        if "result" not in message:
            return None
        result = message["result"]
        if is_a2a(result):
            return self._a2a.read(result)
        self._is_answering = False
        return _read_result(result)

    def _read_progress(self, params: dict[str, Any]) -> list[Update] | None:
        current, total = number(params.get("progress")), total_of(params.get("total"))
        if current is None:
            return None
        # The response to the request follows.
        self._is_answering = True
        percent = percent_of(current, total) if total else None
        name = self._name_progress(params.get("progressToken"))
        return [Progress(name, current, total, percent, text(params.get("message")))]

    def _name_progress(self, token: Any) -> str:
        """Return the name of a progress; empty for the first, the request's own."""
        if not self._tokens:
            self._tokens.append(token)
        return "" if token == self._tokens[0] else stringify(token)


def _read_log(params: dict[str, Any]) -> list[Update] | None:
    if "data" not in params:
        return None
    data = params["data"]
    message = (
        text(obj(data).get("message")) or text(obj(data).get("msg")) or stringify(data)
    )
    logger = text(params.get("logger"))
    line = f"{logger}: {message}" if logger else message
    level = text(params.get("level"))
    return [LogLine(line, level) if level else LogLine(line)]


def _read_error(error: Any) -> Failed:
    fields = obj(error)
    message = text(fields.get("message")) or stringify(error)
    if details := text(fields.get("data")):
        message = f"{message}: {details}"
    return classify_failure(message or _NO_MESSAGE, fields.get("code"))


def _read_result(result: Any) -> list[Update]:
    """Return the updates of a result: the content of a tool's result, or a value."""
    fields = obj(result)
    content = objects(fields.get("content"))
    message = "\n\n".join(filter(None, map(_text_of, content)))
    if fields.get("isError") is True:
        return [Failed(message or _NO_MESSAGE)]
    updates: list[Update] = [Text(message)] if message else []
    # Content other than text, such as an image, has no view.
    updates += [
        Raw("content", stringify(part)) for part in content if not _text_of(part)
    ]
    structured = fields.get("structuredContent")
    if not message and structured is not None:
        updates += _read_rows(structured)
    if "content" not in fields and structured is None:
        updates += _read_list(fields) or _read_rows(result)
    return [*updates, Ending()]


def _read_list(result: dict[str, Any]) -> list[Update]:
    """Return the list in a result (tools, resources, …) as rows; empty if none."""
    name = next((name for name in _LIST_FIELDS if objects(result.get(name))), "")
    if not name:
        return []
    more = result.keys() - {name, *_OTHER_LIST_FIELDS}
    kept = [Raw("result", stringify(result))] if more else []
    return [*kept, *map(Row, objects(result[name]))]


def _text_of(part: dict[str, Any]) -> str:
    match part.get("type"):
        case "text":
            return text(part.get("text"))
        case "resource":
            return text(obj(part.get("resource")).get("text"))
        case "resource_link":
            name, uri = text(part.get("name")), text(part.get("uri"))
            return f"[{name or uri}]({uri})" if uri else name
    return ""


def _read_rows(value: Any) -> list[Update]:
    """Return a value as rows: a list, an object, or its only list of objects."""
    if isinstance(value, dict):
        lists = [inner for inner in value.values() if objects(inner)]
        if len(lists) == 1 and len(objects(lists[0])) == len(lists[0]):
            return [Row(item) for item in lists[0]]
        return [Row(value)] if value else []
    if isinstance(value, list):
        return [Row(item) for item in value]
    return [] if value is None else [Text(stringify(value))]
