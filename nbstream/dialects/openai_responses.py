"""OpenAI's Responses: typed events, in which every `.done` repeats its deltas.

The deltas count; a `.done` counts where none came. Tools of the server's own are shown
as calls, and what has no view, such as pictures, is kept raw.
"""

from __future__ import annotations

from typing import Any

from ..updates import Citation, Finished, Raw, Reasoning, Text, ToolCall, Update, Usage
from .json.error_message import extract_error_message
from .json.fields import UnknownFields, count, obj, objects, stringify, text
from .parts.stop_reasons import make_failure, make_stop

_KNOWN = """
    type sequence_number response output_index content_index summary_index item_id item
    part delta text arguments input code name logprobs obfuscation annotation
    annotation_index refusal error message param event_id status snapshot parsed
"""
# What a delta adds to, and the field that its `.done` repeats the whole of it in.
_SAID = {"output_text": "text", "refusal": "refusal"}
_THOUGHT = {"reasoning_text": "text", "reasoning_summary_text": "text"}
_ARGUED = {
    "function_call_arguments": "arguments",
    "mcp_call_arguments": "arguments",
    "custom_tool_call_input": "input",
    "code_interpreter_call_code": "code",
}
_GROWS = _SAID | _THOUGHT | _ARGUED
# Steps of work of which other events tell the content.
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
# A whole has as many parts; a server that makes up more has no more of our memory.
_MAX_TOLD = 10_000


class OpenAIResponses:
    """Reads the events of one response."""

    def __init__(self) -> None:
        self._unknown = UnknownFields(_KNOWN)
        self._told: set[tuple[object, ...]] = set()
        self.answering = False
        """Whether there is an answer that has not ended."""
        self._refuses = False
        self._has_content = False
        """Whether events told of the answer, which the whole then says again."""

    def read(self, event: str, data: str, message: dict[str, Any]) -> list[Update]:
        """What an event means; `event` and `data` are how it came."""
        kind = text(message.get("type"))
        updates = self._meaning(kind.removeprefix("response."), message)
        if updates is None:
            return [Raw(event, data)]
        self.answering = not any(isinstance(update, Finished) for update in updates)
        self._has_content |= any(isinstance(update, _CONTENT) for update in updates)
        if self._unknown.has_new(message):
            updates.insert(0, Raw(event, data))
        return updates

    def read_whole(
        self, event: str, data: str, response: dict[str, Any]
    ) -> list[Update]:
        """Return what a whole response means, as it comes where no stream was asked
        for; `event` and `data` are how it came."""
        updates = [*self._whole(response), *_used(response), *self._end_of(response)]
        understood = all(map(_is_known_item, objects(response.get("output"))))
        return updates if updates and understood else [Raw(event, data), *updates]

    def _whole(self, response: dict[str, Any]) -> list[Update]:
        """Return the content of a whole response."""
        updates: list[Update] = []
        for index, item in enumerate(objects(response.get("output"))):
            at = {"output_index": index, "item": item}
            updates += _begun(at) or ()
            updates += self._item_done(at) or ()
            thoughts = [*objects(item.get("summary"))]
            parts = objects(item.get("content"))
            if item.get("type") == "reasoning":
                thoughts, parts = [*thoughts, *parts], []
            told = "\n\n".join(filter(None, (text(t.get("text")) for t in thoughts)))
            updates += [Reasoning(told)] if told else []
            for part in parts:
                refusal = text(part.get("refusal"))
                self._refuses = self._refuses or bool(refusal)
                said = text(part.get("text")) or refusal
                updates += [Text(said)] if said else []
                for annotation in objects(part.get("annotations")):
                    updates += _cited(annotation) or ()
        return updates

    def _end_of(self, response: dict[str, Any]) -> list[Update]:
        """Return how a response ended; nothing if it has not."""
        match status := text(response.get("status")):
            case "completed":
                return [make_stop("refusal" if self._refuses else status)]
            case "incomplete" | "cancelled":
                details = obj(response.get("incomplete_details"))
                return [make_stop(text(details.get("reason")) or status)]
            case "failed":
                return [_failure(obj(response.get("error")))]
        return []

    def _meaning(self, kind: str, message: dict[str, Any]) -> list[Update] | None:
        what, _, step = kind.rpartition(".")
        if what in _GROWS and step in ("delta", "done"):
            return self._grown(what, step, message)
        if kind in _STEPS or kind in ("keepalive", "ping"):
            return []
        response = obj(message.get("response"))
        match kind:
            case "output_item.added":
                return _begun(message)
            case "output_item.done":
                return self._item_done(message)
            case "reasoning_summary_part.added":
                return [Reasoning("\n\n")] if message.get("summary_index") else []
            case "output_text.annotation.added":
                return _cited(message.get("annotation"))
            case "completed" | "incomplete" | "cancelled" | "failed":
                # What no event told counts here.
                whole = [] if self._has_content else self._whole(response)
                ended = self._end_of({**response, "status": kind})
                closing = [] if kind == "failed" else [Finished()]
                return [*whole, *_used(response), *ended, *closing]
            case "error":
                return [_failure(message.get("error") or message)]
        return None

    def _grown(
        self, what: str, step: str, message: dict[str, Any]
    ) -> list[Update] | None:
        index = count(message.get("output_index"))
        piece = message.get("delta" if step == "delta" else _GROWS[what])
        if not isinstance(piece, str) or (what in _ARGUED and index is None):
            return None
        parts = ("content_index", "summary_index")
        key = (what, index, *(count(message.get(part)) for part in parts))
        if step == "done" and key in self._told:
            return []
        if not piece:
            return []
        self._tell(key)
        if what in _THOUGHT:
            return [Reasoning(piece)]
        if what in _ARGUED:
            self._tell(("item", index))
            return [ToolCall(index or 0, arguments=piece)]
        self._refuses = self._refuses or what == "refusal"
        return [Text(piece)]

    def _item_done(self, message: dict[str, Any]) -> list[Update] | None:
        """Of what an item repeats, only arguments may not have been told yet."""
        item = obj(message.get("item"))
        index = count(message.get("output_index"))
        kind = text(item.get("type"))
        if kind in ("message", "reasoning"):
            return []
        if not kind.endswith("_call") or index is None:
            return None
        told = next((item[k] for k in ("arguments", "input") if item.get(k)), None)
        if told is None:
            told = item.get("action") or item.get("queries")
        if not told or ("item", index) in self._told:
            return []
        self._tell(("item", index))
        return [ToolCall(index, arguments=stringify(told))]

    def _tell(self, key: tuple[object, ...]) -> None:
        if len(self._told) < _MAX_TOLD:
            self._told.add(key)


def _is_known_item(item: dict[str, Any]) -> bool:
    kind = text(item.get("type"))
    return kind in ("message", "reasoning") or kind.endswith("_call")


def _begun(message: dict[str, Any]) -> list[Update] | None:
    item = obj(message.get("item"))
    index = count(message.get("output_index"))
    kind = text(item.get("type"))
    if kind in ("message", "reasoning"):
        return []
    if not kind.endswith("_call") or index is None:
        return None
    id = text(item.get("call_id")) or text(item.get("id"))
    # Those without a name are the server's own tools: web_search, file_search, …
    name = text(item.get("name")) or kind.removesuffix("_call")
    return [ToolCall(index, id, name)]


def _cited(annotation: Any) -> list[Update] | None:
    cited = obj(annotation)
    title = text(cited.get("title")) or text(cited.get("filename"))
    url = text(cited.get("url"))
    if not title and not url:
        return None
    return [Citation(title, url)]


def _used(response: dict[str, Any]) -> list[Update]:
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


def _failure(error: Any) -> Update:
    fields = obj(error)
    kinds = (fields.get("code"), fields.get("type"))
    message = extract_error_message(error) or (stringify(error) if error else "")
    # The event's own type is "error", which says nothing.
    return make_failure(message, *(kind for kind in kinds if kind != "error"))
