"""Read OpenAI's Responses: typed events, in which every `.done` repeats its deltas.

A `.done` is read only if it had no deltas. Server tools are shown as calls; content
without a view, such as images, is kept raw.

Source: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from typing import Any

from ...updates import Citation, Finished, Raw, Reasoning, Text, ToolCall, Update, Usage
from ..json.error_message import extract_error_message
from ..json.fields import UnknownFields, count, obj, objects, stringify, text
from ..parts.stop_reasons import make_failure, make_stop

_KNOWN = """
    type sequence_number response output_index content_index summary_index item_id item
    part delta text arguments input code name logprobs obfuscation annotation
    annotation_index refusal error message param event_id status snapshot parsed
"""
# What deltas add to, and the field of its `.done` that repeats the whole.
_TEXTS = {"output_text": "text", "refusal": "refusal"}
_REASONING = {"reasoning_text": "text", "reasoning_summary_text": "text"}
_ARGUMENTS = {
    "function_call_arguments": "arguments",
    "mcp_call_arguments": "arguments",
    "custom_tool_call_input": "input",
    "code_interpreter_call_code": "code",
}
_DELTAS = _TEXTS | _REASONING | _ARGUMENTS
# Steps of work without content: other events have it.
_STEPS = frozenset(
    ["created", "queued", "in_progress", "content_part.added", "content_part.done"]
    + ["reasoning_summary_part.done"]
    + [
        f"{work}_call.{step}"
        for work in ("web_search", "file_search", "code_interpreter", "mcp")
        for step in ("in_progress", "searching", "interpreting", "completed")
    ]
    + ["mcp_list_tools.in_progress", "mcp_list_tools.completed"]
    + ["image_generation_call.in_progress", "image_generation_call.generating"]
    + ["image_generation_call.completed", "compaction.compacting"]
)
_CONTENT = (Text, Reasoning, ToolCall)
# Bounds memory; a response has fewer parts.
_MAX_SHOWN = 10_000


class OpenAIResponses:
    """Reads the events of one response."""

    def __init__(self) -> None:
        self._unknown_fields = UnknownFields(_KNOWN)
        self._shown: set[tuple[object, ...]] = set()
        self.is_answering = False
        """True from the first event of a response until its end."""
        self._has_refusal = False
        self._has_content = False
        """True after an event with content, which the whole response then repeats."""

    def read(self, event: str, data: str, message: dict[str, Any]) -> list[Update]:
        """Return the updates of an event; `event` and `data` are for `Raw` only."""
        kind = text(message.get("type"))
        updates = self._read_event(kind.removeprefix("response."), message)
        if updates is None:
            return [Raw(event, data)]
        self.is_answering = not any(isinstance(update, Finished) for update in updates)
        self._has_content |= any(isinstance(update, _CONTENT) for update in updates)
        if self._unknown_fields.has_new(message):
            updates.insert(0, Raw(event, data))
        return updates

    def read_whole(
        self, event: str, data: str, response: dict[str, Any]
    ) -> list[Update]:
        """Return the updates of a whole response, sent without `stream`; `event` and
        `data` are for `Raw` only."""
        updates = [
            *self._read_output(response),
            *_read_usage(response),
            *self._read_status(response),
        ]
        understood = all(map(_is_known_item, objects(response.get("output"))))
        return updates if updates and understood else [Raw(event, data), *updates]

    def _read_output(self, response: dict[str, Any]) -> list[Update]:
        """Return the content of a whole response."""
        updates: list[Update] = []
        for index, item in enumerate(objects(response.get("output"))):
            at = {"output_index": index, "item": item}
            updates += _read_item_added(at) or ()
            updates += self._read_item_done(at) or ()
            thoughts = [*objects(item.get("summary"))]
            parts = objects(item.get("content"))
            if item.get("type") == "reasoning":
                thoughts, parts = [*thoughts, *parts], []
            content = "\n\n".join(filter(None, (text(t.get("text")) for t in thoughts)))
            updates += [Reasoning(content)] if content else []
            for part in parts:
                refusal = text(part.get("refusal"))
                self._has_refusal = self._has_refusal or bool(refusal)
                piece = text(part.get("text")) or refusal
                updates += [Text(piece)] if piece else []
                for annotation in objects(part.get("annotations")):
                    updates += _read_citation(annotation) or ()
        return updates

    def _read_status(self, response: dict[str, Any]) -> list[Update]:
        """Return the end of a response; empty if it has not ended."""
        match status := text(response.get("status")):
            case "completed":
                return [make_stop("refusal" if self._has_refusal else status)]
            case "incomplete" | "cancelled":
                details = obj(response.get("incomplete_details"))
                return [make_stop(text(details.get("reason")) or status)]
            case "failed":
                return [_read_error(obj(response.get("error")))]
        return []

    def _read_event(self, kind: str, message: dict[str, Any]) -> list[Update] | None:
        what, _, step = kind.rpartition(".")
        if what in _DELTAS and step in ("delta", "done"):
            return self._read_delta(what, step, message)
        if kind in _STEPS or kind in ("keepalive", "ping"):
            return []
        response = obj(message.get("response"))
        match kind:
            case "output_item.added":
                return _read_item_added(message)
            case "output_item.done":
                return self._read_item_done(message)
            case "reasoning_summary_part.added":
                return [Reasoning("\n\n")] if message.get("summary_index") else []
            case "output_text.annotation.added":
                return _read_citation(message.get("annotation"))
            case "completed" | "incomplete" | "cancelled" | "failed":
                # Content that no event had before is in the whole response.
                whole = [] if self._has_content else self._read_output(response)
                ended = self._read_status({**response, "status": kind})
                closing = [] if kind == "failed" else [Finished()]
                return [*whole, *_read_usage(response), *ended, *closing]
            case "error":
                return [_read_error(message.get("error") or message)]
        return None

    def _read_delta(
        self, what: str, step: str, message: dict[str, Any]
    ) -> list[Update] | None:
        index = count(message.get("output_index"))
        piece = message.get("delta" if step == "delta" else _DELTAS[what])
        if not isinstance(piece, str) or (what in _ARGUMENTS and index is None):
            return None
        parts = ("content_index", "summary_index")
        key = (what, index, *(count(message.get(part)) for part in parts))
        if step == "done" and key in self._shown:
            return []
        if not piece:
            return []
        self._note_shown(key)
        if what in _REASONING:
            return [Reasoning(piece)]
        if what in _ARGUMENTS:
            self._note_shown(("item", index))
            return [ToolCall(index or 0, arguments=piece)]
        self._has_refusal = self._has_refusal or what == "refusal"
        return [Text(piece)]

    def _read_item_done(self, message: dict[str, Any]) -> list[Update] | None:
        """Return the arguments of a call, if no event had them before."""
        item = obj(message.get("item"))
        index = count(message.get("output_index"))
        kind = text(item.get("type"))
        if kind in ("message", "reasoning"):
            return []
        if not kind.endswith("_call") or index is None:
            return None
        content = next((item[k] for k in ("arguments", "input") if item.get(k)), None)
        if content is None:
            content = item.get("action") or item.get("queries")
        if not content or ("item", index) in self._shown:
            return []
        self._note_shown(("item", index))
        return [ToolCall(index, arguments=stringify(content))]

    def _note_shown(self, key: tuple[object, ...]) -> None:
        if len(self._shown) < _MAX_SHOWN:
            self._shown.add(key)


def _is_known_item(item: dict[str, Any]) -> bool:
    kind = text(item.get("type"))
    return kind in ("message", "reasoning") or kind.endswith("_call")


def _read_item_added(message: dict[str, Any]) -> list[Update] | None:
    item = obj(message.get("item"))
    index = count(message.get("output_index"))
    kind = text(item.get("type"))
    if kind in ("message", "reasoning"):
        return []
    if not kind.endswith("_call") or index is None:
        return None
    id = text(item.get("call_id")) or text(item.get("id"))
    # Calls without a name are of server tools: web_search, file_search, …
    name = text(item.get("name")) or kind.removesuffix("_call")
    return [ToolCall(index, id, name)]


def _read_citation(annotation: Any) -> list[Update] | None:
    cited = obj(annotation)
    title = text(cited.get("title")) or text(cited.get("filename"))
    url = text(cited.get("url"))
    if not title and not url:
        return None
    return [Citation(title, url)]


def _read_usage(response: dict[str, Any]) -> list[Update]:
    usage = obj(response.get("usage"))
    used = Usage(
        input_tokens=count(usage.get("input_tokens")),
        output_tokens=count(usage.get("output_tokens")),
        cached_tokens=count(
            obj(usage.get("input_tokens_details")).get("cached_tokens")
        ),
        reasoning_tokens=count(
            obj(usage.get("output_tokens_details")).get("reasoning_tokens")
        ),
    )
    return [] if used == Usage() else [used]


def _read_error(error: Any) -> Update:
    fields = obj(error)
    kinds = (fields.get("code"), fields.get("type"))
    message = extract_error_message(error) or (stringify(error) if error else "")
    # The type "error" of the event itself is no class of error.
    return make_failure(message, *(kind for kind in kinds if kind != "error"))
