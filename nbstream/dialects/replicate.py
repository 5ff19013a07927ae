"""Read Replicate's stream of one prediction: plain text, by the type of each event.

Source: https://replicate.com/docs/topics/predictions/streaming
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..sse import ServerSentEvent
from ..updates import Failed, Finished, LogLine, Raw, Stopped, Text, Update
from .json.fields import UnknownFields, obj, text, value_of
from .parts.failures import failure_in
from .parts.stop_reasons import make_cut_off, make_failure, make_stop

# The time at which the prediction began, and the number of the event.
_ID = re.compile(r"\d+:\d+")
# Image models send whole files as data URLs.
_FILE = re.compile(r"data:[\w.+-]+/[\w.+-]+;base64,")
_KNOWN = "reason detail error message status title type"


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """True for an event that only this format has."""
    return event.event in ("output", "logs") and _ID.fullmatch(event.id) is not None


class Replicate:
    """Read one prediction."""

    def __init__(self) -> None:
        self._unknown_fields = UnknownFields(_KNOWN)
        self._is_answering = False
        self._has_failed = False

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return the updates of the event; one `Raw` if it is not understood."""
        data = event.data
        match event.event:
            case "output":
                return self._read_output(data)
            case "logs":
                return [LogLine(line) for line in data.splitlines() if line.strip()]
            case "error" | "done":
                value = value_of(data)
                ended = self._read_end(event, value)
                self._is_answering = False
                if self._unknown_fields.has_new(obj(value)):
                    return [Raw(event.event, data), *ended]
                return ended
        return (Raw(event.event, data),)

    def end(self) -> Sequence[Update]:
        """Return a truncated output's `Stopped`, if the output has not ended."""
        return (make_cut_off(),) if self._is_answering else ()

    def _read_output(self, data: str) -> Sequence[Update]:
        self._is_answering = True
        if _FILE.match(data):
            return (Raw("output", data),)
        return (Text(data),) if data else ()

    def _read_end(self, event: ServerSentEvent, value: Any) -> list[Update]:
        if event.event == "error":
            self._has_failed = True
            return [failure_in(event, value) or make_failure("")]
        match text(obj(value).get("reason")):
            case "":
                return [Stopped("done"), Finished()]
            case "error" if self._has_failed:
                return [Finished()]
            case "error":
                return [Failed("the prediction failed")]
            case reason:
                return [make_stop(reason), Finished()]
