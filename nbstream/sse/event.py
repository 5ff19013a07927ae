"""The value type of one event of an event stream."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Never, Self


class _Fields(NamedTuple):
    event: str = "message"
    """The event type; `"message"` if the stream names none."""
    data: str = ""
    """The data lines, joined by `"\\n"`."""
    id: str = ""
    """The last event id as of this event, which may be that of an earlier event."""
    retry: int | None = None
    """The reconnection time in milliseconds; None unless this event sets one."""


class ServerSentEvent(_Fields):
    """One event, as the standard dispatches it (WHATWG HTML 9.2.6); frozen.

        ServerSentEvent(data="hello")

    It is a named tuple because the decoder builds one for each event, and a tuple is
    the cheapest immutable object of Python.

    Args:
        event: the event type; default `"message"`, which is not sent.
        data: the data; each of its lines becomes a `data:` line. Default empty.
        id: the event's id; default empty for none.
        retry: the reconnection time in milliseconds; default None for none.

    Raises:
        TypeError: if a field is given by position. The first field is the type, as in
            the standard, so `ServerSentEvent("text")` would put the text into the type.
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
        # Otherwise a tuple is copied and pickled by position.
        return (), self._asdict()

    def json(self) -> Any:
        """Return the data, parsed as JSON.

        Raises:
            json.JSONDecodeError: if the data is not JSON.
        """
        return json.loads(self.data)
