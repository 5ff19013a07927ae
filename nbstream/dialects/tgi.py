"""Read Hugging Face's Text Generation Inference: `/generate_stream`, a token an event.

The last event also has the whole text, which is read only if no token had text. Special
tokens are not text. DJL Serving sends the same format without marking them.

Source: https://huggingface.github.io/text-generation-inference (StreamResponse)
"""

from __future__ import annotations

from typing import Any

from ..sse import ServerSentEvent
from ..updates import Finished, Text, Update, Usage
from .json.fields import count, is_number, obj, text
from .parts.object_dialect import ObjectDialect
from .parts.stop_reasons import make_stop


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """True for an event that only this format has."""
    token = obj(obj(value).get("token"))
    marked = isinstance(token.get("special"), bool) or any(
        is_number(token.get(name)) for name in ("logprob", "log_prob")
    )
    return marked and isinstance(token.get("text"), str) and "id" in token


class TGI(ObjectDialect):
    """Read one generated text."""

    _known = """
        index token top_tokens generated_text details id text logprob log_prob special
        finish_reason generated_tokens input_length seed prefill tokens
    """

    def __init__(self) -> None:
        super().__init__()
        self._has_text = False

    def _read_message(
        self, event: ServerSentEvent, message: dict[str, Any]
    ) -> list[Update] | None:
        token, details = obj(message.get("token")), obj(message.get("details"))
        if not isinstance(token.get("text"), str):
            return None
        self._check_fields(token, details)
        self._is_answering = True
        whole = message.get("generated_text")
        special = token.get("special") is True
        piece = "" if special else token["text"]
        if not piece and not self._has_text:
            piece = text(whole)
        self._has_text = self._has_text or bool(piece)
        updates: list[Update] = [Text(piece)] if piece else []
        if not isinstance(whole, str) and not details:
            return updates
        used = Usage(
            input_tokens=count(details.get("input_length")),
            output_tokens=count(details.get("generated_tokens")),
        )
        if used != Usage():
            updates.append(used)
        # Without details, only a special last token shows why it ended.
        reason = text(details.get("finish_reason")) or ("eos_token" if special else "")
        if reason:
            updates += self._end_answer(make_stop(reason))
        self._has_ended = True
        return [*updates, Finished()]
