"""Read LangGraph's server: `event:` is the stream mode, with `|namespace` in subgraphs.

Text is read from `messages` (a chunk and its metadata) or `messages/partial` (the
message so far); without these, from `updates` and `values`. The rest of a state is a
row, and so are the custom objects of a node. `debug`, `tasks` and `checkpoints` are
kept raw. Only older servers send an end event. Source: LangGraph's "Streaming API" and
its SDK's stream events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..sse import ServerSentEvent
from ..updates import Ending, Failed, LogLine, Raw, Row, Update
from .json.fields import UnknownFields, obj, stringify, text, value_of
from .parts.failures import failure_in
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
    """True for an event that only this format has. Most modes have common names, so
    that the data must contain a message of LangChain, too."""
    mode, _, _ = event.event.partition("|")
    match mode:
        case "metadata":
            return obj(value).keys() == {"run_id", "attempt"}
        case "messages":
            return bool(_message_of_pair(value))
        case "messages/partial" | "messages/complete":
            return isinstance(value, list) and bool(value and message_in(value[0]))
        case "values":
            return bool(_has_message(obj(value).get("messages")))
        case "updates":
            nodes = obj(value).values()
            return any(_has_message(obj(node).get("messages")) for node in nodes)
        case "events":
            return model_chunk_in(value) is not None
    return False


class LangGraph:
    """Read the stream of one run."""

    def __init__(self) -> None:
        self._unknown_fields = UnknownFields(f"{MESSAGE_FIELDS} {EVENT_FIELDS}")
        self._messages = LangChainMessages()
        self._has_streamed = False
        self._last_row = ""

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return the updates of the event; one `Raw` if it is not understood."""
        raw = Raw(event.event, event.data)
        mode, _, _ = event.event.partition("|")
        value = value_of(event.data)
        updates: list[Update] | None = None
        match mode:
            case "messages":
                updates = self._read_pair(value, raw)
            case "messages/partial" | "messages/complete":
                updates = self._read_whole(value, raw)
            case "values":
                updates = self._read_values(value)
            case "updates":
                updates = self._read_updates(value)
            case "events":
                if message := model_chunk_in(value):
                    self._has_streamed = True
                    kept = [raw] if self._unknown_fields.has_new(value, message) else []
                    updates = [*kept, *self._messages.read_chunk(message)]
            case "custom":
                updates = _read_custom(value)
            case "error":
                updates = [failure_in(event, value) or Failed(event.data)]
            case "end" if value is None:
                updates = [Ending()]
        return (raw,) if updates is None else updates

    def end(self) -> Sequence[Update]:
        """Return nothing: most servers of this format send no end event."""
        return ()

    def _read_pair(self, value: Any, raw: Raw) -> list[Update] | None:
        message = _message_of_pair(value)
        if not message or not is_model_message(message):
            return None
        self._has_streamed = True
        whole = not text(message["type"]).endswith("Chunk")
        read = self._messages.read_whole if whole else self._messages.read_chunk
        return [*self._raw_if_unknown(message, raw), *read(message)]

    def _read_whole(self, value: Any, raw: Raw) -> list[Update] | None:
        messages = messages_of_this_turn(value)
        if not messages:
            return None
        updates: list[Update] = []
        for place, message in enumerate(messages):
            if is_model_message(message):
                self._has_streamed = True
                updates += self._raw_if_unknown(message, raw)
                updates += self._messages.read_whole(message, place)
            else:
                updates.append(raw)
        return updates

    def _raw_if_unknown(self, message: dict[str, Any], raw: Raw) -> list[Update]:
        return [raw] if self._unknown_fields.has_new(message) else []

    def _read_values(self, value: Any) -> list[Update] | None:
        if not isinstance(value, dict):
            return None
        updates, rest = self._read_state(value)
        if rest and (row := stringify(rest)) != self._last_row:
            self._last_row = row
            updates.append(Row(rest))
        return updates or None

    def _read_updates(self, value: Any) -> list[Update] | None:
        if not isinstance(value, dict):
            return None
        updates: list[Update] = []
        for node, update in value.items():
            if node == _INTERRUPT or not isinstance(update, dict):
                updates.append(Row({"node": node, "update": update}))
                continue
            shown, rest = self._read_state(update)
            node_row = [Row({"node": node, **rest})] if rest or not update else []
            updates += [*shown, *node_row]
        return updates or None

    def _read_state(self, state: dict[str, Any]) -> tuple[list[Update], dict[str, Any]]:
        """Return the updates of a state's conversation, and the rest of the state."""
        conversation = state.get("messages")
        if not _has_message(conversation):
            return [], state
        updates: list[Update] = []
        for message in messages_of_this_turn(conversation):
            if is_model_message(message) and not self._has_streamed:
                # Without an id, a message is identified by its content.
                key = stringify(message["content"])
                updates += self._messages.read_whole(message, key)
        return updates, {k: v for k, v in state.items() if k != "messages"}


def _read_custom(value: Any) -> list[Update] | None:
    """Return the custom data of a node; None if it may be of the standard protocol."""
    if isinstance(value, dict) and "type" not in value:
        return [Row(value)]
    return [LogLine(value)] if isinstance(value, str) and value else None


def _message_of_pair(value: Any) -> dict[str, Any]:
    """Return the message in a pair of message and metadata; empty if it is not one."""
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[1], dict):
        return {}
    return message_in(value[0])


def _has_message(value: Any) -> bool:
    """True for a message, or a list that begins with one."""
    first = value[0] if isinstance(value, list) and value else value
    return bool(message_in(first))
