"""Read Gradio's two streams: `/call/…`, with named events, and `/queue/data`.

The outputs of a function are a list, sent whole each time or as a diff to the last one.
The deltas of the first text output are streamed; the other outputs are shown when they
are complete. Source: gradio.app, "Querying Gradio Apps with Curl", and the
server's `server_messages.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...limits import MB
from ...sse import ServerSentEvent
from ...text.value_size import size_of
from ...updates import (
    Ending,
    Failed,
    Finished,
    LogLine,
    Progress,
    Raw,
    Row,
    Text,
    Update,
)
from ..json.fields import (
    UnknownFields,
    count,
    number,
    obj,
    objects,
    percent_of,
    stringify,
    text,
    total_of,
    value_of,
)
from ..json.growth import Growth
from ..json.patch import apply_diff, is_diff
from ..parts.stop_reasons import make_cut_off
from .outputs import path_of_text, text_of, unwrap

_KNOWN = """
    msg event_id output success title rank queue_size rank_eta eta progress_data log
    level duration visible time_limit message code session_hash
"""
# A field of each message of the queue that identifies the format.
_UNIQUE_FIELDS: dict[str, str] = {
    "estimation": "queue_size",
    "process_starts": "event_id",
    "process_generating": "output",
    "process_streaming": "output",
    "process_completed": "output",
    "progress": "progress_data",
    "log": "log",
    "unexpected_error": "message",
}
_NO_MESSAGE = (
    "the server sent an error without a message; Gradio hides it unless it is started "
    "with show_error=True"
)
_QUEUE = "queue"
_MAX_EVENTS = 100
_MAX_SIZE = 4 * MB
"""Bytes of the outputs of one event; diffs to larger ones are kept raw."""


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """True for an event that only this format has."""
    if event.event in ("generating", "complete"):
        # A list of only objects may be the result of any server.
        return isinstance(value, list) and any(
            not isinstance(item, dict) for item in value
        )
    fields = obj(value)
    mark = _UNIQUE_FIELDS.get(text(fields.get("msg")))
    return mark is not None and mark in fields


class Gradio:
    """Read the stream of one call, or of one session's queue."""

    def __init__(self) -> None:
        self._unknown_fields = UnknownFields(_KNOWN)
        # The outputs so far, by event id of the queue; a call has one, without an id.
        self._outputs: dict[str, list[Any]] = {}
        # The appends to the streamed text that are not applied yet: a diff is a word,
        # and each append would copy the whole text.
        self._appended: dict[str, list[Any]] = {}
        self._slots: dict[str, int] = {}
        self._growth = Growth()
        self._has_text = False
        self._is_queued = False

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return the updates of the event; one `Raw` if it is not understood."""
        raw = Raw(event.event, event.data)
        value = value_of(event.data)
        if isinstance(value, dict):
            updates = self._read_message(value, raw)
            if updates is None:
                return (raw,)
            if self._unknown_fields.has_new(value) and raw not in updates:
                updates.insert(0, raw)
            return updates
        match event.event:
            case "generating" if isinstance(value, list):
                return self._read_growth("", value, raw)
            case "complete":
                outputs = value if isinstance(value, list) else []
                is_known = bool(self._outputs)
                # Without outputs before it, `complete` may be of another format.
                end = Finished() if is_known else Ending()
                return [*self._complete_outputs("", outputs), end]
            case "error":
                return [Failed(stringify(value) or _NO_MESSAGE)]
        return (raw,)

    def end(self) -> Sequence[Update]:
        """Return the last outputs of each event without an end, and the truncated
        answer's `Stopped`."""
        if not self._outputs:
            return ()
        rest = [u for id in [*self._outputs] for u in self._complete_outputs(id, [])]
        return [*rest, make_cut_off()]

    def _read_message(self, message: dict[str, Any], raw: Raw) -> list[Update] | None:
        id = text(message.get("event_id"))
        match message.get("msg"):
            case "estimation":
                return self._read_estimation(message)
            case "process_starts":
                queued, self._is_queued = self._is_queued, False
                return [Progress(_QUEUE, percent=100.0)] if queued else []
            case "heartbeat":
                return []
            case "progress":
                return _read_progress(message)
            case "log":
                line, level = stringify(message.get("log")), text(message.get("level"))
                return [LogLine(line, level) if level else LogLine(line)]
            case "process_generating" | "process_streaming" | "process_completed":
                return self._read_process(id, message, raw)
            case "unexpected_error":
                return [Failed(text(message.get("message")) or _NO_MESSAGE)]
            case "queue_full":
                return [Failed("the queue of the server is full")]
            case "close_stream":
                self._outputs.clear()
                self._appended.clear()
                return [Finished()]
        return None

    def _read_estimation(self, message: dict[str, Any]) -> list[Update]:
        rank, size = count(message.get("rank")), count(message.get("queue_size"))
        if not rank:  # it is the first in the queue
            return []
        self._is_queued = True
        place = f"place {rank + 1}" + (f" of {size}" if size else "")
        return [Progress(_QUEUE, message=place)]

    def _read_process(
        self, id: str, message: dict[str, Any], raw: Raw
    ) -> list[Update] | None:
        output = message.get("output")
        if not isinstance(output, dict):
            return None
        if message.get("success") is False:
            error = text(output.get("error")) or text(message.get("title"))
            return [Failed(error or _NO_MESSAGE)]
        data = output.get("data")
        outputs = data if isinstance(data, list) else []
        if message.get("msg") != "process_completed":
            return self._read_growth(id, outputs, raw)
        # Other events of the session may follow, and `close_stream` at the end.
        return [*self._complete_outputs(id, outputs), Ending()]

    # -- the values of an event --------------------------------------------------------

    def _read_growth(self, id: str, outputs: list[Any], raw: Raw) -> list[Update]:
        """Return the new text in the outputs so far; raw if they have no text."""
        before = self._outputs.get(id)
        if before and len(before) == len(outputs) and all(map(is_diff, outputs)):
            if (new := self._appended_text(id, before, outputs)) is not None:
                return [Text(new)] if new else []
            pairs = zip(self._current_outputs(id), outputs, strict=True)
            outputs = [apply_diff(value, diff) for value, diff in pairs]
        self._appended.pop(id, None)
        if before is None and len(self._outputs) >= _MAX_EVENTS:
            return [raw]
        if size_of(outputs) > _MAX_SIZE:
            self._outputs.pop(id, None)
            return [raw]
        self._outputs[id] = outputs
        slot = self._choose_slot(id, outputs)
        return [raw] if slot is None else self._new_text(id, slot, outputs)

    def _complete_outputs(self, id: str, outputs: list[Any]) -> list[Update]:
        """Return the rest of the last outputs, text first."""
        outputs = outputs or self._current_outputs(id)
        slot = self._choose_slot(id, outputs)
        updates: list[Update] = []
        if slot is not None:
            updates += self._new_text(id, slot, outputs)
        for place, output in enumerate(outputs):
            if place != slot:
                updates += self._read_value(output)
        self._outputs.pop(id, None)
        self._appended.pop(id, None)
        self._slots.pop(id, None)
        return updates

    def _appended_text(
        self, id: str, outputs: list[Any], diffs: list[list[Any]]
    ) -> str | None:
        """Return the text that diffs append to the streamed output; None if they change
        anything else."""
        slot = self._slots.get(id)
        if slot is None or any(d for n, d in enumerate(diffs) if n != slot):
            return None
        path = path_of_text(outputs[slot])
        appended = all(
            action == "append" and at == path and isinstance(added, str)
            for action, at, added in diffs[slot]
        )
        known = id in self._appended or self._growth.is_all_of(
            (id, slot), text_of(outputs[slot]) or ""
        )
        if not (appended and known):
            return None
        new = "".join(added for _, _, added in diffs[slot])
        self._appended.setdefault(id, []).extend(diffs[slot])
        self._growth.add((id, slot), new)
        return new

    def _current_outputs(self, id: str) -> list[Any]:
        """Return the outputs of an event, with the pending appends applied."""
        outputs = self._outputs.get(id, [])
        slot, appended = self._slots.get(id), self._appended.pop(id, None)
        if slot is not None and appended:
            outputs[slot] = apply_diff(outputs[slot], appended)
        return outputs

    def _choose_slot(self, id: str, outputs: list[Any]) -> int | None:
        """Return the index of the streamed output: the first that is text."""
        places = [n for n, output in enumerate(outputs) if text_of(output) is not None]
        chosen = self._slots.get(id)
        if chosen not in places:
            if not places:
                return None
            chosen = self._slots[id] = places[0]
        return chosen

    def _new_text(self, id: str, slot: int, outputs: list[Any]) -> list[Update]:
        key = id, slot
        separator = "\n\n" if self._has_text and not self._growth.has_begun(key) else ""
        new = self._growth.new_in(key, text_of(outputs[slot]) or "")
        self._has_text = self._has_text or bool(new)
        return [Text(separator + new)] if new else []

    def _read_value(self, output: Any) -> list[Update]:
        """Return the complete value of an output that is not streamed."""
        value = unwrap(output)
        table = obj(value)
        head, body = table.get("headers"), table.get("data")
        if isinstance(head, list) and isinstance(body, list):
            lines = [line for line in body if isinstance(line, list)]
            return [
                Row(dict(zip(map(stringify, head), line, strict=False)))
                for line in lines
            ]
        if isinstance(value, dict):
            return [Row(value)] if value else []
        if value and isinstance(value, list) and len(objects(value)) == len(value):
            return [Row(item) for item in value]
        if value is None or value in ("", []):
            return []
        separator = "\n\n" if self._has_text else ""
        self._has_text = True
        return [Text(separator + stringify(value))]


def _read_progress(message: dict[str, Any]) -> list[Update] | None:
    bars: list[Update] = []
    for place, unit in enumerate(objects(message.get("progress_data"))):
        current, total = number(unit.get("index")), total_of(unit.get("length"))
        share = number(unit.get("progress"))
        percent = None if share is None else 100 * share
        if percent is None and current is not None and total:
            percent = percent_of(current, total)
        if percent is not None:
            percent = min(max(percent, 0.0), 100.0)
        description = text(unit.get("desc"))
        name = f"{place + 1}" if place else ""
        bars.append(Progress(name, current, total, percent, description))
    return bars or None
