"""OpenAI's Chat Completions, as its own server and the many that are like it speak it.

The choice of index 0 is the answer; chunks of further ones are kept raw. Words with
which a model refuses are its answer too. A whole `chat.completion`, as it comes where
no stream was asked for, is read as one chunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..updates import Citation, Failed, Raw, Reasoning, Text, Update, Usage
from .json.error_message import extract_error_message
from .json.fields import UnknownFields, count, obj, objects, stringify, text
from .parts.failures import is_error_value
from .parts.stop_reasons import is_error, make_failure, make_stop, outweighs
from .parts.thinking_tags import ThinkingTags
from .parts.tool_calls import ToolCalls

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
    """Reads the chunks of one completion."""

    def __init__(self) -> None:
        self._unknown = UnknownFields(_KNOWN)
        self._calls = ToolCalls()
        self._thinking = ThinkingTags()
        self._usage: Usage | None = None
        self.answering = False
        """Whether there is an answer that has not ended."""
        self._refuses = False
        self._has_deltas = False
        self._reason = ""
        """Why the answer ended, as far as that was reported; empty before."""
        self._failing = False
        """Whether it ended with an error that no chunk has described yet."""

    def read(self, event: str, data: str, message: dict[str, Any]) -> Sequence[Update]:
        """Return what a chunk means; `event` and `data` are how it came."""
        given = message.get("choices")
        choices = objects(given)
        understood = isinstance(given, list) and len(given) == len(choices)
        updates: list[Update] = []
        rest = self._unknown.has_new(message)
        error = _error_in(message)
        for choice in choices:
            if count(choice.get("index", 0)) != 0:
                rest = True
                continue
            delta = self._delta_of(choice)
            rest |= self._unknown.has_new(choice, delta)
            self.answering = not self._reason
            # Together's servers say in `text` what they say in `delta`, too.
            told = self._delta(delta) or self._said(choice.get("text"))
            rest |= not told and any(map(delta.get, _CONTENT)) and not _calls_in(delta)
            updates += told
            error = error or _error_in(choice)
            reason = choice.get("finish_reason") or choice.get("finishReason")
            updates += self._finish(text(reason)) if error is None else ()
        if used := _used(message):
            understood = True
            if used != self._usage:  # some servers repeat it with every chunk
                self._usage = used
                updates.append(used)
        if error is not None:
            understood, self._failing = True, False
            rest |= self._unknown.has_new(obj(error))
            updates.append(_failure(error))
        updates = self._thinking.read(updates)
        if rest or not understood:
            updates.insert(0, Raw(event, data))
        return updates

    def end(self) -> Sequence[Update]:
        """Return what is held back, where no more chunks come."""
        held: list[Update] = [*self._thinking.end()]
        if self._failing:
            self._failing = False
            held.append(Failed(make_stop(self._reason).message))
        return held

    def _delta_of(self, choice: dict[str, Any]) -> dict[str, Any]:
        """Return what a choice adds. A whole message beside deltas, or after them, says
        the same again."""
        delta = choice.get("delta")
        if isinstance(delta, dict):
            self._has_deltas = True
            return delta
        return {} if self._has_deltas else obj(choice.get("message"))

    def _delta(self, delta: dict[str, Any]) -> list[Update]:
        # Servers that give both say the same in both.
        thought = text(delta.get("reasoning_content")) or text(delta.get("reasoning"))
        updates: list[Update] = [Reasoning(thought)] if thought else []
        updates += self._said(delta.get("content"))
        if refusal := text(delta.get("refusal")):
            self._refuses = True
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
        updates += [_cited(a) for a in objects(delta.get("annotations"))]
        return updates

    def _said(self, content: Any) -> list[Update]:
        if isinstance(content, str):
            return [Text(content)] if content else []
        updates: list[Update] = []
        for part in objects(content):
            if said := text(part.get("text")):
                updates.append(Text(said))
            thought = part.get("thinking")
            pieces = [text(p.get("text")) for p in objects(thought)] or [text(thought)]
            updates += [Reasoning(piece) for piece in pieces if piece]
        return updates

    def _finish(self, reason: str) -> list[Update]:
        if not reason or not outweighs(reason, self._reason):
            return []
        self.answering = False
        self._reason = reason
        if is_error(reason):  # what it was may come with the next chunk
            self._failing = True
            return []
        refused = self._refuses and reason.lower() == "stop"
        return [make_stop("refusal" if refused else reason)]


def _calls_in(delta: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the calls that a delta tells of; one, where it is told in the old way."""
    if not (delta.get("tool_calls") or delta.get("function_call")):
        return []
    calls = objects(delta.get("tool_calls"))
    if legacy := obj(delta.get("function_call")):
        calls.append({"index": 0, "function": legacy})
    return [call for call in calls if call.get("function") or call.get("custom")]


def _cited(annotation: dict[str, Any]) -> Update:
    cited = obj(annotation.get("url_citation")) or annotation
    return Citation(
        title=text(cited.get("title")),
        url=text(cited.get("url")),
        quote=text(cited.get("content")),
    )


def _used(message: dict[str, Any]) -> Usage | None:
    usage = obj(message.get("usage"))
    usage = usage or obj(obj(message.get("x_groq")).get("usage"))
    if usage:
        used = Usage(
            input_tokens=count(usage.get("prompt_tokens")),
            output_tokens=count(usage.get("completion_tokens")),
            cached_tokens=_cached(usage),
            reasoning_tokens=count(
                obj(usage.get("completion_tokens_details")).get("reasoning_tokens")
            ),
        )
    else:  # llama.cpp has these where it is not asked for usage
        timings = obj(message.get("timings"))
        cached, read = count(timings.get("cache_n")), count(timings.get("prompt_n"))
        used = Usage(
            input_tokens=None if read is None else read + (cached or 0),
            output_tokens=count(timings.get("predicted_n")),
            cached_tokens=cached,
        )
    return None if used == Usage() else used


def _cached(usage: dict[str, Any]) -> int | None:
    details = obj(usage.get("prompt_tokens_details"))
    # DeepSeek's name, and Together's, for what the details tell elsewhere.
    named = usage.get("prompt_cache_hit_tokens"), usage.get("cached_tokens")
    counts = map(count, (details.get("cached_tokens"), *named))
    return next((number for number in counts if number is not None), None)


def _error_in(fields: dict[str, Any]) -> Any:
    """Return the error of a chunk, or of a choice; None if it has no error."""
    error = fields.get("error")
    if error is not None and is_error_value(error):
        if not isinstance(error, str):
            return error
        # More may stand beside it: {"error": "Bad Request", "message": "…"}.
        return {k: v for k, v in fields.items() if isinstance(v, str | int)}
    return fields if fields.get("object") == "error" else None  # an older vLLM's


def _failure(error: Any) -> Update:
    fields = obj(error)
    message = extract_error_message(error) or stringify(error)
    return make_failure(message, fields.get("code"), fields.get("type"))
