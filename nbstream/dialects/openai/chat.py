"""Read OpenAI's Chat Completions, of its own server and of compatible ones.

The choice of index 0 is the answer; chunks of other choices are kept raw. A refusal is
text of the answer, too. A whole `chat.completion`, the response without `stream`, is
read as one chunk.

Source: https://platform.openai.com/docs/api-reference/chat-streaming
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...updates import Citation, Failed, Raw, Reasoning, Text, Update, Usage
from ..json.error_message import extract_error_message
from ..json.fields import UnknownFields, count, obj, objects, stringify, text
from ..parts.failures import is_error_value
from ..parts.stop_reasons import is_error, make_failure, make_stop, outweighs
from ..parts.thinking_tags import ThinkingTags
from ..parts.tool_calls import ToolCalls

_CONTENT = (
    "content",
    "reasoning",
    "reasoning_content",
    "refusal",
    "tool_calls",
    "function_call",
    "annotations",
)
_KNOWN = f"""
    id object created model choices usage service_tier system_fingerprint obfuscation
    error code param metadata provider timings type event_id prompt_filter_results
    index delta message text finish_reason finishReason native_finish_reason logprobs
    stop_reason audio parsed
    token_ids prompt_token_ids content_filter_results content_filter_offsets
    role reasoning_details token_id seed x_groq p {" ".join(_CONTENT)}
"""


class OpenAIChat:
    """Read the chunks of one completion."""

    def __init__(self) -> None:
        self._unknown_fields = UnknownFields(_KNOWN)
        self._calls = ToolCalls()
        self._thinking = ThinkingTags()
        self._usage: Usage | None = None
        self.is_answering = False
        """True from the first chunk of an answer until its stop reason."""
        self._has_refusal = False
        self._has_deltas = False
        self._reason = ""
        """The stop reason so far; empty before."""
        self._has_pending_error = False
        """True after the stop reason `error`, until a chunk describes the error."""

    def read(self, event: str, data: str, message: dict[str, Any]) -> Sequence[Update]:
        """Return the updates of a chunk; `event` and `data` are for `Raw` only."""
        given = message.get("choices")
        choices = objects(given)
        is_understood = isinstance(given, list) and len(given) == len(choices)
        updates: list[Update] = []
        has_unknown = self._unknown_fields.has_new(message)
        error = _error_in(message)
        for choice in choices:
            if count(choice.get("index", 0)) != 0:
                has_unknown = True
                continue
            delta = self._delta_of(choice)
            has_unknown |= self._unknown_fields.has_new(choice, delta)
            self.is_answering = not self._reason
            # Together's servers repeat the delta in `text`.
            added = self._read_delta(delta) or self._read_content(choice.get("text"))
            has_unknown |= (
                not added and any(map(delta.get, _CONTENT)) and not _calls_in(delta)
            )
            updates += added
            error = error or _error_in(choice)
            reason = choice.get("finish_reason") or choice.get("finishReason")
            updates += self._read_finish_reason(text(reason)) if error is None else ()
        if used := _read_usage(message):
            is_understood = True
            if used != self._usage:  # some servers repeat it with every chunk
                self._usage = used
                updates.append(used)
        if error is not None:
            is_understood, self._has_pending_error = True, False
            has_unknown |= self._unknown_fields.has_new(obj(error))
            updates.append(_read_error(error))
        updates = self._thinking.read(updates)
        if has_unknown or not is_understood:
            updates.insert(0, Raw(event, data))
        return updates

    def end(self) -> Sequence[Update]:
        """Return the updates that were held back."""
        held: list[Update] = [*self._thinking.end()]
        if self._has_pending_error:
            self._has_pending_error = False
            held.append(Failed(make_stop(self._reason).message))
        return held

    def _delta_of(self, choice: dict[str, Any]) -> dict[str, Any]:
        """Return the delta of a choice, or its whole message; empty if a whole message
        repeats the deltas."""
        delta = choice.get("delta")
        if isinstance(delta, dict):
            self._has_deltas = True
            return delta
        return {} if self._has_deltas else obj(choice.get("message"))

    def _read_delta(self, delta: dict[str, Any]) -> list[Update]:
        # Servers that send both fields repeat the same text.
        thought = text(delta.get("reasoning_content")) or text(delta.get("reasoning"))
        updates: list[Update] = [Reasoning(thought)] if thought else []
        updates += self._read_content(delta.get("content"))
        if refusal := text(delta.get("refusal")):
            self._has_refusal = True
            updates.append(Text(refusal))
        for place, call in enumerate(_calls_in(delta)):
            function = obj(call.get("function")) or obj(call.get("custom"))
            index = count(call.get("index"))
            updates += self._calls.read(
                place if index is None else index,
                call.get("id"),
                text(function.get("name")),
                function.get("arguments", function.get("input")),
            )
        updates += [_read_citation(a) for a in objects(delta.get("annotations"))]
        return updates

    def _read_content(self, content: Any) -> list[Update]:
        if isinstance(content, str):
            return [Text(content)] if content else []
        updates: list[Update] = []
        for part in objects(content):
            if piece := text(part.get("text")):
                updates.append(Text(piece))
            thought = part.get("thinking")
            pieces = [text(p.get("text")) for p in objects(thought)] or [text(thought)]
            updates += [Reasoning(piece) for piece in pieces if piece]
        return updates

    def _read_finish_reason(self, reason: str) -> list[Update]:
        if not reason or not outweighs(reason, self._reason):
            return []
        self.is_answering = False
        self._reason = reason
        if is_error(reason):  # the next chunk may describe it
            self._has_pending_error = True
            return []
        refused = self._has_refusal and reason.lower() == "stop"
        return [make_stop("refusal" if refused else reason)]


def _calls_in(delta: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the tool calls in a delta, the deprecated `function_call` included."""
    if not (delta.get("tool_calls") or delta.get("function_call")):
        return []
    calls = objects(delta.get("tool_calls"))
    if legacy := obj(delta.get("function_call")):
        calls.append({"index": 0, "function": legacy})
    return [call for call in calls if call.get("function") or call.get("custom")]


def _read_citation(annotation: dict[str, Any]) -> Update:
    cited = obj(annotation.get("url_citation")) or annotation
    return Citation(
        title=text(cited.get("title")),
        url=text(cited.get("url")),
        quote=text(cited.get("content")),
    )


def _read_usage(message: dict[str, Any]) -> Usage | None:
    usage = obj(message.get("usage"))
    usage = usage or obj(obj(message.get("x_groq")).get("usage"))
    if usage:
        used = Usage(
            input_tokens=count(usage.get("prompt_tokens")),
            output_tokens=count(usage.get("completion_tokens")),
            cached_tokens=_cached_tokens_in(usage),
            reasoning_tokens=count(
                obj(usage.get("completion_tokens_details")).get("reasoning_tokens")
            ),
        )
    else:  # llama.cpp sends timings if the request has no `include_usage`
        timings = obj(message.get("timings"))
        cached, read = count(timings.get("cache_n")), count(timings.get("prompt_n"))
        used = Usage(
            input_tokens=None if read is None else read + (cached or 0),
            output_tokens=count(timings.get("predicted_n")),
            cached_tokens=cached,
        )
    return None if used == Usage() else used


def _cached_tokens_in(usage: dict[str, Any]) -> int | None:
    details = obj(usage.get("prompt_tokens_details"))
    # DeepSeek's and Together's names for the count in the details.
    named = usage.get("prompt_cache_hit_tokens"), usage.get("cached_tokens")
    counts = map(count, (details.get("cached_tokens"), *named))
    return next((number for number in counts if number is not None), None)


def _error_in(fields: dict[str, Any]) -> Any:
    """Return the error of a chunk, or of a choice; None if it has no error."""
    error = fields.get("error")
    if error is not None and is_error_value(error):
        if not isinstance(error, str):
            return error
        # Other fields may describe it: {"error": "Bad Request", "message": "…"}.
        return {k: v for k, v in fields.items() if isinstance(v, str | int)}
    return fields if fields.get("object") == "error" else None  # an older vLLM's


def _read_error(error: Any) -> Update:
    fields = obj(error)
    message = extract_error_message(error) or stringify(error)
    return make_failure(message, fields.get("code"), fields.get("type"))
