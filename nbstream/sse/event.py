"""One dispatched message of an event stream."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Never, Self


class _Fields(NamedTuple):
    event: str = "message"
    """The event type; `"message"` where the stream names none."""
    data: str = ""
    """The data lines, joined by `"\\n"`."""
    id: str = ""
    """The last event id as of this event; stays until the stream changes it."""
    retry: int | None = None
    """The reconnection time in milliseconds, if this event's block set one."""


class ServerSentEvent(_Fields):
    """One message, as the WHATWG standard dispatches it (HTML 9.2.6).

        ServerSentEvent(data="hello")

    A named tuple because it is built once an event, in the hot loop of the
    decoder, and a tuple is the cheapest honest object Python has.

    Args:
        event: the event type; `"message"` is what a stream need not name.
        data: the data; each of its lines becomes a `data:` line.
        id: the event's id; empty where it has none of its own.
        retry: the reconnection time in milliseconds.

    Raises:
        TypeError: if a field is given by position. The order of the fields is that of
            the standard, so `ServerSentEvent("text")` would put the text into the
            event's type, where no reader looks for it.
    """

    __slots__ = ()

    def __new__(
        cls,
        *positional: Never,
        event: str = "message",
        data: str = "",
        id: str = "",
        retry: int | None = None,
    ) -> Self:
        if positional:
            raise TypeError(
                "Expected the fields of a ServerSentEvent by name, such as "
                f"ServerSentEvent(data={positional[0]!r})."
            )
        return tuple.__new__(cls, (event, data, id, retry))

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]:
        # A tuple is copied and pickled by position otherwise.
        return (), self._asdict()

    def json(self) -> Any:
        """The data, parsed as JSON.

        Raises:
            json.JSONDecodeError: if the data is not JSON.
        """
        return json.loads(self.data)
