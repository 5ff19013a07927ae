"""Gradio's two streams: `/call/…`, whose events are named, and `/queue/data`.

The outputs of a function are a list, sent whole each time or as changes to the list
before. The first that is text is streamed: what is new of it. The others are shown as
they are in the end. Source: gradio.app, "Querying Gradio Apps with Curl", and the
server's `server_messages.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..limits import MB
from ..sse import ServerSentEvent
from ..text.value_size import size_of
from ..updates import (
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
from .gradio_outputs import path_of_text, text_of, unwrapped
from .json.fields import (
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
from .json.growth import Growth
from .json.patch import apply_diff, is_diff
from .parts.stop_reasons import make_cut_off

_KNOWN = """
    msg event_id output success title rank queue_size rank_eta eta progress_data log
    level duration visible time_limit message code session_hash
"""
# The messages of the queue, each with a field that no other format has under that name.
_MARKS: dict[str, str] = {
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
"""Bytes of the outputs of one; changes to larger ones are shown as they come."""


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """Whether only this format has such an event."""
    if event.event in ("generating", "complete"):
        # A list of objects alone may be anyone's result.
        return isinstance(value, list) and any(
            not isinstance(item, dict) for item in value
        )
    fields = obj(value)
    mark = _MARKS.get(text(fields.get("msg")))
    return mark is not None and mark in fields


class Gradio:
    """Reads the stream of one call, or of one session's queue."""

    def __init__(self) -> None:
        self._unknown = UnknownFields(_KNOWN)
        # The outputs of each event of the queue so far; a call has one, without an id.
        self._outputs: dict[str, list[Any]] = {}
        # What was appended to the streamed text of each since, as sent: a diff is a
        # word, and adding each to the text would copy it every time.
        self._appended: dict[str, list[Any]] = {}
        self._slots: dict[str, int] = {}
        self._growth = Growth()
        self._shown = False
        self._queued = False

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return what the event means."""
        raw = Raw(event.event, event.data)
        value = value_of(event.data)
        if isinstance(value, dict):
            updates = self._message(value, raw)
            if updates is None:
                return (raw,)
            if self._unknown.has_new(value) and raw not in updates:
                updates.insert(0, raw)
            return updates
        match event.event:
            case "generating" if isinstance(value, list):
                return self._grown("", value, raw)
            case "complete":
                outputs = value if isinstance(value, list) else []
                told = bool(self._outputs)
                # Only where it came before is it sure to be this format's.
                end = Finished() if told else Ending()
                return [*self._complete("", outputs), end]
            case "error":
                return [Failed(stringify(value) or _NO_MESSAGE)]
        return (raw,)

    def end(self) -> Sequence[Update]:
        """Return what is left to say when the stream ended without saying so: the last
        value of what did not stream is not lost."""
        if not self._outputs:
            return ()
        rest = [update for id in [*self._outputs] for update in self._complete(id, [])]
        return [*rest, make_cut_off()]

    def _message(self, message: dict[str, Any], raw: Raw) -> list[Update] | None:
        id = text(message.get("event_id"))
        match message.get("msg"):
            case "estimation":
                return self._estimated(message)
            case "process_starts":
                queued, self._queued = self._queued, False
                return [Progress(_QUEUE, percent=100.0)] if queued else []
            case "heartbeat":
                return []
            case "progress":
                return _progress(message)
            case "log":
                line, level = stringify(message.get("log")), text(message.get("level"))
                return [LogLine(line, level) if level else LogLine(line)]
            case "process_generating" | "process_streaming" | "process_completed":
                return self._processed(id, message, raw)
            case "unexpected_error":
                return [Failed(text(message.get("message")) or _NO_MESSAGE)]
            case "queue_full":
                return [Failed("the queue of the server is full")]
            case "close_stream":
                self._outputs.clear()
                self._appended.clear()
                return [Finished()]
        return None

    def _estimated(self, message: dict[str, Any]) -> list[Update]:
        rank, size = count(message.get("rank")), count(message.get("queue_size"))
        if not rank:  # it is the first, and waits for nobody
            return []
        self._queued = True
        place = f"place {rank + 1}" + (f" of {size}" if size else "")
        return [Progress(_QUEUE, message=place)]

    def _processed(
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
            return self._grown(id, outputs, raw)
        # Other events of the session may follow, and the word that closes them all.
        return [*self._complete(id, outputs), Ending()]

    # -- the values of an event --------------------------------------------------------

    def _grown(self, id: str, outputs: list[Any], raw: Raw) -> list[Update]:
        """Return what of the outputs so far is new text; raw where none is text."""
        before = self._outputs.get(id)
        if before and len(before) == len(outputs) and all(map(is_diff, outputs)):
            if (new := self._new_words(id, before, outputs)) is not None:
                return [Text(new)] if new else []
            pairs = zip(self._so_far(id), outputs, strict=True)
            outputs = [apply_diff(value, diff) for value, diff in pairs]
        self._appended.pop(id, None)
        if before is None and len(self._outputs) >= _MAX_EVENTS:
            return [raw]
        if size_of(outputs) > _MAX_SIZE:
            self._outputs.pop(id, None)
            return [raw]
        self._outputs[id] = outputs
        slot = self._slot(id, outputs)
        return [raw] if slot is None else self._text(id, slot, outputs)

    def _complete(self, id: str, outputs: list[Any]) -> list[Update]:
        """Return what is left of the last outputs, text first."""
        outputs = outputs or self._so_far(id)
        slot = self._slot(id, outputs)
        updates: list[Update] = []
        if slot is not None:
            updates += self._text(id, slot, outputs)
        for place, output in enumerate(outputs):
            if place != slot:
                updates += self._value(output)
        self._outputs.pop(id, None)
        self._appended.pop(id, None)
        self._slots.pop(id, None)
        return updates

    def _new_words(
        self, id: str, outputs: list[Any], diffs: list[list[Any]]
    ) -> str | None:
        """Return what changes append to the streamed text, where they do no more; else
        None."""
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

    def _so_far(self, id: str) -> list[Any]:
        """Return the outputs of an event, with all that was appended to its text."""
        outputs = self._outputs.get(id, [])
        slot, appended = self._slots.get(id), self._appended.pop(id, None)
        if slot is not None and appended:
            outputs[slot] = apply_diff(outputs[slot], appended)
        return outputs

    def _slot(self, id: str, outputs: list[Any]) -> int | None:
        """Return which of the outputs is streamed: the first that is text."""
        places = [n for n, output in enumerate(outputs) if text_of(output) is not None]
        chosen = self._slots.get(id)
        if chosen not in places:
            if not places:
                return None
            chosen = self._slots[id] = places[0]
        return chosen

    def _text(self, id: str, slot: int, outputs: list[Any]) -> list[Update]:
        key = id, slot
        apart = "\n\n" if self._shown and not self._growth.has_begun(key) else ""
        new = self._growth.new_in(key, text_of(outputs[slot]) or "")
        self._shown = self._shown or bool(new)
        return [Text(apart + new)] if new else []

    def _value(self, output: Any) -> list[Update]:
        """Return an output that is not streamed, as it is in the end."""
        value = unwrapped(output)
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
        apart = "\n\n" if self._shown else ""
        self._shown = True
        return [Text(apart + stringify(value))]


def _progress(message: dict[str, Any]) -> list[Update] | None:
    bars: list[Update] = []
    for place, unit in enumerate(objects(message.get("progress_data"))):
        current, total = number(unit.get("index")), total_of(unit.get("length"))
        share = number(unit.get("progress"))
        percent = None if share is None else 100 * share
        if percent is None and current is not None and total:
            percent = percent_of(current, total)
        if percent is not None:
            percent = min(max(percent, 0.0), 100.0)
        told = text(unit.get("desc"))
        name = f"{place + 1}" if place else ""
        bars.append(Progress(name, current, total, percent, told))
    return bars or None
