"""LangGraph's server: `event:` names the stream mode, with `|namespace` in subgraphs.

Text comes from `messages` (a chunk and its metadata) or `messages/partial` (the message
so far); only where neither is asked for is it taken from `updates` and `values`. The
rest of a state is a row, and so is what a node sends of its own. `debug`, `tasks` and
`checkpoints` are kept raw. Only older servers tell an end: that of the stream is the
end. Source: LangGraph's "Streaming API" and its SDK's stream events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..sse import ServerSentEvent
from ..updates import Ending, Failed, LogLine, Raw, Row, Update
from .json.fields import UnknownFields, obj, stringify, text, value_of
from .parts.common_events import failure_in
from .parts.langchain import (
    EVENT_FIELDS,
    MESSAGE_FIELDS,
    LangChainMessages,
    is_model_message,
    message_in,
    messages_of_this_turn,
    model_chunk_in,
)

_INTERRUPT = "__interrupt__"


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """Whether only this format has such an event: most of its modes have common names,
    so that the data has to hold a message of LangChain, too."""
    mode, _, _ = event.event.partition("|")
    match mode:
        case "metadata":
            return obj(value).keys() == {"run_id", "attempt"}
        case "messages":
            return bool(_pair(value))
        case "messages/partial" | "messages/complete":
            return isinstance(value, list) and bool(value and message_in(value[0]))
        case "values":
            return bool(_some_message(obj(value).get("messages")))
        case "updates":
            nodes = obj(value).values()
            return any(_some_message(obj(node).get("messages")) for node in nodes)
        case "events":
            return model_chunk_in(value) is not None
    return False


class LangGraph:
    """Reads the stream of one run."""

    def __init__(self) -> None:
        self._unknown = UnknownFields(f"{MESSAGE_FIELDS} {EVENT_FIELDS}")
        self._messages = LangChainMessages()
        self._streamed = False
        self._row = ""

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return what the event means."""
        raw = Raw(event.event, event.data)
        mode, _, _ = event.event.partition("|")
        value = value_of(event.data)
        updates: list[Update] | None = None
        match mode:
            case "messages":
                updates = self._pair(value, raw)
            case "messages/partial" | "messages/complete":
                updates = self._whole(value, raw)
            case "values":
                updates = self._values(value)
            case "updates":
                updates = self._updates(value)
            case "events":
                if message := model_chunk_in(value):
                    self._streamed = True
                    news = [raw] if self._unknown.has_new(value, message) else []
                    updates = [*news, *self._messages.read_chunk(message)]
            case "custom":
                updates = _custom(value)
            case "error":
                updates = [failure_in(event, value) or Failed(event.data)]
            case "end" if value is None:
                updates = [Ending()]
        return (raw,) if updates is None else updates

    def end(self) -> Sequence[Update]:
        """Return nothing: most servers of this format tell no end."""
        return ()

    def _pair(self, value: Any, raw: Raw) -> list[Update] | None:
        message = _pair(value)
        if not message or not is_model_message(message):
            return None
        self._streamed = True
        whole = not text(message["type"]).endswith("Chunk")
        read = self._messages.read_whole if whole else self._messages.read_chunk
        return [*self._news(message, raw), *read(message)]

    def _whole(self, value: Any, raw: Raw) -> list[Update] | None:
        messages = messages_of_this_turn(value)
        if not messages:
            return None
        updates: list[Update] = []
        for place, message in enumerate(messages):
            if is_model_message(message):
                self._streamed = True
                updates += self._news(message, raw)
                updates += self._messages.read_whole(message, place)
            else:
                updates.append(raw)
        return updates

    def _news(self, message: dict[str, Any], raw: Raw) -> list[Update]:
        return [raw] if self._unknown.has_new(message) else []

    def _values(self, value: Any) -> list[Update] | None:
        if not isinstance(value, dict):
            return None
        updates, rest = self._state(value)
        if rest and (told := stringify(rest)) != self._row:
            self._row = told
            updates.append(Row(rest))
        return updates or None

    def _updates(self, value: Any) -> list[Update] | None:
        if not isinstance(value, dict):
            return None
        updates: list[Update] = []
        for node, update in value.items():
            if node == _INTERRUPT or not isinstance(update, dict):
                updates.append(Row({"node": node, "update": update}))
                continue
            shown, rest = self._state(update)
            row = [Row({"node": node, **rest})] if rest or not update else []
            updates += [*shown, *row]
        return updates or None

    def _state(self, state: dict[str, Any]) -> tuple[list[Update], dict[str, Any]]:
        """Return what a state's conversation adds, and the rest of the state."""
        conversation = state.get("messages")
        if not _some_message(conversation):
            return [], state
        updates: list[Update] = []
        for message in messages_of_this_turn(conversation):
            if is_model_message(message) and not self._streamed:
                # Without an id, the same words are the same message.
                key = stringify(message["content"])
                updates += self._messages.read_whole(message, key)
        return updates, {k: v for k, v in state.items() if k != "messages"}


def _custom(value: Any) -> list[Update] | None:
    """Return what a node sends of its own; None where it may be of our protocol."""
    if isinstance(value, dict) and "type" not in value:
        return [Row(value)]
    return [LogLine(value)] if isinstance(value, str) and value else None


def _pair(value: Any) -> dict[str, Any]:
    """Return the message of a pair of message and metadata; empty if it is not one."""
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[1], dict):
        return {}
    return message_in(value[0])


def _some_message(value: Any) -> bool:
    """Whether a value is a message, or a list that begins with one."""
    first = value[0] if isinstance(value, list) and value else value
    return bool(message_in(first))
