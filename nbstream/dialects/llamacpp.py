"""Read llama.cpp's own `/completion`; its other endpoints have formats of vendors.

The last event has the prompt and every setting, and no text. Of several prompts, the
answer to the first is shown, and the others are kept raw.

Source: https://github.com/ggml-org/llama.cpp/tree/master/tools/server
"""

from __future__ import annotations

from typing import Any

from ..sse import ServerSentEvent
from ..updates import Ending, Progress, Text, Update, Usage
from .json.fields import count, number, obj, percent_of, text, total_of
from .parts.object_dialect import ObjectDialect
from .parts.stop_reasons import make_stop

# Only this format has these fields; other servers have `content` and `stop`, too.
_UNIQUE_FIELDS = """
    id_slot slot_id multimodal stop_type stopped_eos stopped_word stopped_limit
    stopping_word tokens_predicted tokens_evaluated tokens_cached generation_settings
    completion_probabilities prompt_progress
"""
_UNIQUE_NAMES = frozenset(_UNIQUE_FIELDS.split())
# The flags of older versions, and the newer `stop_type` of each.
_OLDER_ENDS = {"stopped_limit": "limit", "stopped_word": "word", "stopped_eos": "eos"}


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """True for an event that only this format has."""
    fields = obj(value)
    if not isinstance(fields.get("content"), str):
        return False
    if not isinstance(fields.get("stop"), bool):
        return False
    listed = isinstance(fields.get("tokens"), list) and "index" in fields
    return listed or not _UNIQUE_NAMES.isdisjoint(fields)


class LlamaCpp(ObjectDialect):
    """Read one completion."""

    _known = f"""
        {_UNIQUE_FIELDS} index content tokens stop model prompt has_new_line truncated
        timings probs
    """

    def _read_message(
        self, event: ServerSentEvent, message: dict[str, Any]
    ) -> list[Update] | None:
        content = message.get("content")
        if not isinstance(content, str) or "stop" not in message:
            return None
        if count(message.get("index") or 0) != 0:
            self._has_unknown = True
            return []
        self._is_answering = True
        updates: list[Update] = _read_progress(obj(message.get("prompt_progress")))
        if content:
            updates.append(Text(content))
        if message.get("stop") is not True:
            return updates
        reason = text(message.get("stop_type"))
        if reason in ("", "none"):
            older = (
                word for name, word in _OLDER_ENDS.items() if message.get(name) is True
            )
            reason = next(older, "stop")
        # Not the end of the stream: answers to other prompts may follow.
        stop = self._end_answer(make_stop(reason))
        return [*updates, *_read_usage(message), *stop, Ending()]


def _read_progress(progress: dict[str, Any]) -> list[Update]:
    """Return how much of the prompt has been read, if the request enabled it."""
    current, total = number(progress.get("processed")), total_of(progress.get("total"))
    if current is None or not total:
        return []
    return [Progress("prompt", current, total, percent_of(current, total))]


def _read_usage(message: dict[str, Any]) -> list[Update]:
    timings = obj(message.get("timings"))
    cached, fresh = count(timings.get("cache_n")), count(timings.get("prompt_n"))
    read = count(message.get("tokens_evaluated"))
    if read is None and fresh is not None:
        read = fresh + (cached or 0)
    predicted = count(message.get("tokens_predicted"))
    if predicted is None:
        predicted = count(timings.get("predicted_n"))
    used = Usage(read, predicted, cached)
    return [] if used == Usage() else [used]
