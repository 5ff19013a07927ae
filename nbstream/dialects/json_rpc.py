"""JSON-RPC 2.0: MCP over streamable HTTP, and A2A.

What a server asks of its client, and notifications without a view, are kept raw; the
answer to the request is the end. Source: modelcontextprotocol.io, "Transports",
"Progress", "Logging" and "Tools"; a2a-protocol.org.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..sse import ServerSentEvent
from ..updates import (
    Ending,
    Failed,
    LogLine,
    Progress,
    Raw,
    Row,
    Text,
    Update,
)
from .json.fields import (
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
from .parts.a2a import A2A, is_a2a
from .parts.stop_reasons import classify_failure, make_cut_off

_KNOWN = "jsonrpc id method params result error"
_LISTS = ("tools", "resources", "resourceTemplates", "prompts")
_BESIDE_LISTS = ("nextCursor", "_meta", "resultType", "ttlMs", "cacheScope")
_NO_MESSAGE = "the server sent an error without a message"


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """Whether only this format has such an event."""
    first = value[0] if isinstance(value, list) and value else value
    fields = obj(first)
    return fields.get("jsonrpc") == "2.0" and not fields.keys().isdisjoint(
        ("method", "result", "error")
    )


class JsonRpc:
    """Reads the answer to one request, and what comes before it."""

    def __init__(self) -> None:
        self._unknown = UnknownFields(_KNOWN)
        self._a2a = A2A()
        self._tokens: list[Any] = []
        self._answering = False

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return what the event means."""
        raw = Raw(event.event, event.data)
        value = value_of(event.data)
        # A batch was allowed by older versions of the protocol.
        messages = objects(value) if isinstance(value, list) else [obj(value)]
        updates: list[Update] = []
        for message in messages:
            read = self._message(message)
            news = read is None or self._unknown.has_new(message)
            if news and raw not in updates:
                updates.append(raw)
            updates += read or []
        return updates or ((raw,) if not isinstance(value, dict) else ())

    def end(self) -> Sequence[Update]:
        """Return what is left to say when the stream ended without saying so."""
        cut = self._answering or self._a2a.is_answering
        return (make_cut_off(),) if cut else ()

    def _message(self, message: dict[str, Any]) -> list[Update] | None:
        params = obj(message.get("params"))
        match message.get("method"):
            case "notifications/progress":
                return self._progress(params)
            case "notifications/message":
                return _logged(params)
            case str():
                return None
        error = message.get("error")
        if error:
            self._answering = False
            return [_failed(error)]
        if "result" not in message:
            return None
        result = message["result"]
        if is_a2a(result):
            return self._a2a.read(result)
        self._answering = False
        return _result(result)

    def _progress(self, params: dict[str, Any]) -> list[Update] | None:
        current, total = number(params.get("progress")), total_of(params.get("total"))
        if current is None:
            return None
        # The answer to what it is the progress of is yet to come.
        self._answering = True
        percent = percent_of(current, total) if total else None
        name = self._name(params.get("progressToken"))
        return [Progress(name, current, total, percent, text(params.get("message")))]

    def _name(self, token: Any) -> str:
        """Return what to call a progress: the first is the request's own."""
        if not self._tokens:
            self._tokens.append(token)
        return "" if token == self._tokens[0] else stringify(token)


def _logged(params: dict[str, Any]) -> list[Update] | None:
    if "data" not in params:
        return None
    data = params["data"]
    said = (
        text(obj(data).get("message")) or text(obj(data).get("msg")) or stringify(data)
    )
    logger = text(params.get("logger"))
    line = f"{logger}: {said}" if logger else said
    level = text(params.get("level"))
    return [LogLine(line, level) if level else LogLine(line)]


def _failed(error: Any) -> Failed:
    fields = obj(error)
    said = text(fields.get("message")) or stringify(error)
    if details := text(fields.get("data")):
        said = f"{said}: {details}"
    return classify_failure(said or _NO_MESSAGE, fields.get("code"))


def _result(result: Any) -> list[Update]:
    """Return what a request came to: the content of a tool's answer, or a value."""
    fields = obj(result)
    content = objects(fields.get("content"))
    said = "\n\n".join(filter(None, map(_said, content)))
    if fields.get("isError") is True:
        return [Failed(said or _NO_MESSAGE)]
    updates: list[Update] = [Text(said)] if said else []
    # What is no text, such as a picture, has no view.
    updates += [Raw("content", stringify(part)) for part in content if not _said(part)]
    structured = fields.get("structuredContent")
    if not said and structured is not None:
        updates += _rows(structured)
    if "content" not in fields and structured is None:
        updates += _listed(fields) or _rows(result)
    return [*updates, Ending()]


def _listed(result: dict[str, Any]) -> list[Update]:
    """Return what a server lists of its own as rows; empty where it lists nothing."""
    name = next((name for name in _LISTS if objects(result.get(name))), "")
    if not name:
        return []
    more = result.keys() - {name, *_BESIDE_LISTS}
    kept = [Raw("result", stringify(result))] if more else []
    return [*kept, *map(Row, objects(result[name]))]


def _said(part: dict[str, Any]) -> str:
    match part.get("type"):
        case "text":
            return text(part.get("text"))
        case "resource":
            return text(obj(part.get("resource")).get("text"))
        case "resource_link":
            name, uri = text(part.get("name")), text(part.get("uri"))
            return f"[{name or uri}]({uri})" if uri else name
    return ""


def _rows(value: Any) -> list[Update]:
    """Return a value as rows: a list of objects, alone or as an object's one field."""
    if isinstance(value, dict):
        lists = [inner for inner in value.values() if objects(inner)]
        if len(lists) == 1 and len(objects(lists[0])) == len(lists[0]):
            return [Row(item) for item in lists[0]]
        return [Row(value)] if value else []
    if isinstance(value, list):
        return [Row(item) for item in value]
    return [] if value is None else [Text(stringify(value))]
