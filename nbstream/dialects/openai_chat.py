"""OpenAI's Chat Completions, as its own server and the many that are like it speak it.

The choice of index 0 is the answer; chunks of further ones are kept raw. Words with
which a model refuses are its answer too.
"""

from __future__ import annotations

from typing import Any

from ..updates import Citation, Raw, Reasoning, Text, ToolCall, Update, Usage
from .json_fields import Unknown, count, obj, objects, text, words
from .stop_reasons import failed, stopped

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
    index delta message text finish_reason native_finish_reason logprobs stop_reason
    token_ids prompt_token_ids content_filter_results content_filter_offsets
    role reasoning_details token_id seed x_groq p {" ".join(_CONTENT)}
"""


class OpenAIChat:
    """Reads the chunks of one completion."""

    def __init__(self) -> None:
        self._unknown = Unknown(_KNOWN)
        self._usage: Usage | None = None
        self.answering = False
        """Whether there is an answer that has not ended."""
        self._refuses = False
        self._stopped = False

    def read(self, event: str, data: str, message: dict[str, Any]) -> list[Update]:
        """What a chunk means; `event` and `data` are how it came."""
        old_error = message if message.get("object") == "error" else None  # of vLLM
        if error := message.get("error") or old_error:
            new = self._unknown.field_in(message, obj(error))
            return [*([Raw(event, data)] if new else []), _failure(error)]
        given = message.get("choices")
        choices = objects(given)
        understood = isinstance(given, list) and len(given) == len(choices)
        updates: list[Update] = []
        rest = self._unknown.field_in(message)
        for choice in choices:
            if count(choice.get("index", 0)) != 0:
                rest = True
                continue
            delta = obj(choice.get("delta")) or obj(choice.get("message"))
            rest |= self._unknown.field_in(choice, delta)
            self.answering = not self._stopped
            # Together's servers say in `text` what they say in `delta`, too.
            told = self._delta(delta) or self._said(choice.get("text"))
            rest |= not told and any(map(delta.get, _CONTENT))
            updates += told
            updates += self._finish(text(choice.get("finish_reason")))
        if used := _used(message):
            understood = True
            if used != self._usage:  # some servers repeat it with every chunk
                self._usage = used
                updates.append(used)
        if rest or not understood:
            updates.insert(0, Raw(event, data))
        return updates

    def _delta(self, delta: dict[str, Any]) -> list[Update]:
        # Servers that give both say the same in both.
        thought = text(delta.get("reasoning_content")) or text(delta.get("reasoning"))
        updates: list[Update] = [Reasoning(thought)] if thought else []
        updates += self._said(delta.get("content"))
        if refusal := text(delta.get("refusal")):
            self._refuses = True
            updates.append(Text(refusal))
        for place, call in enumerate(objects(delta.get("tool_calls"))):
            updates += _called(call, place)
        if legacy := obj(delta.get("function_call")):
            updates += _called({"function": legacy}, 0)
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
        if not reason or self._stopped:
            return []
        self._stopped = True
        self.answering = False
        refused = self._refuses and reason == "stop"
        return [stopped("refusal" if refused else reason)]


def _called(call: dict[str, Any], place: int) -> list[Update]:
    index = count(call.get("index"))
    function = obj(call.get("function")) or obj(call.get("custom"))
    told = (
        text(call.get("id")),
        text(function.get("name")),
        words(function.get("arguments", function.get("input"))),
    )
    return [ToolCall(place if index is None else index, *told)] if any(told) else []


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


def _failure(error: Any) -> Update:
    told = obj(error)
    message = text(told.get("message")) or words(error)
    return failed(message, told.get("code"), told.get("type"))
