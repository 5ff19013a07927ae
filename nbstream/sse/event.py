"""One dispatched message of an event stream."""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class ServerSentEvent(NamedTuple):
    """One message, as the WHATWG standard dispatches it (HTML 9.2.6).

    A named tuple because it is built once an event, in the hot loop of the
    decoder, and a tuple is the cheapest honest object Python has.
    """

    event: str = "message"
    """The event type; `"message"` where the stream names none."""
    data: str = ""
    """The data lines, joined by `"\\n"`."""
    id: str = ""
    """The last event id as of this event; stays until the stream changes it."""
    retry: int | None = None
    """The reconnection time in milliseconds, if this event's block set one."""

    def json(self) -> Any:
        """The data, parsed as JSON.

        Raises:
            json.JSONDecodeError: if the data is not JSON.
        """
        return json.loads(self.data)
