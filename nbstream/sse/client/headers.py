"""The headers that the user gives: a mapping, or a callable that is called at each
connect, so that credentials that expire are fresh."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from ...errors import ConnectionFailed, NbstreamError
from .failures import Trouble, failed
from .idle_timeout import Interrupted, Silence
from .request import Request

Headers = Mapping[str, str]
HeadersGiven = Headers | Callable[[], Headers | Awaitable[Headers]]

_OURS = Path(__file__).parent
_LAST_EVENT_ID = "last-event-id"


class RequestHeaders:
    """Give a request the user's headers, as they are at the moment.

    A `Last-Event-ID` among them is not sent over the id of the events received later:
    it is where the stream starts.

    Args:
        given: a mapping, or a callable, plain or async, that returns one.
        defaults: headers for what the user does not set.
    """

    def __init__(self, given: HeadersGiven | None, defaults: Headers) -> None:
        self._call = given if callable(given) else None
        self._given = {} if given is None or callable(given) else dict(given)
        self._defaults = defaults
        self.start = ""
        """The user's own `Last-Event-ID`; empty if there is none, or not yet."""

    @property
    def can_refresh(self) -> bool:
        """Whether another call may give other headers."""
        return self._call is not None

    def given(self) -> dict[str, str]:
        """The headers that need no call, with the defaults."""
        return self._merged(self._given)

    async def refreshed(
        self, request: Request, wait: Callable[[Awaitable[Any]], Awaitable[Any]]
    ) -> Request:
        """The request with the headers of now.

        Args:
            request: what is to be asked.
            wait: bounds a wait for an async callable.

        Raises:
            Trouble: if it takes too long.
            ConnectionFailed: if the callable raises, or returns no headers. What it
                said is left out, since nobody knows which part of it is a secret. Our
                own errors, such as KeyMissing, pass as they are.
        """
        if self._call is None:
            return request
        name = getattr(self._call, "__qualname__", type(self._call).__name__)
        called = f"the callable for headers, {name},"
        failure: ConnectionFailed | None = None
        try:
            headers: Any = self._call()
            if inspect.isawaitable(headers):
                headers = await wait(headers)
        except Silence:
            raise Trouble(f"{called} did not return in time", refused=True) from None
        except (NbstreamError, Interrupted):
            raise
        except Exception as error:
            failure = failed(
                request,
                f"{called} raised {type(error).__name__}{_place(error)}",
                advice="Its message may hold a secret and is left out; call it by "
                "itself to see it.",
            )
        if failure is not None:
            # Out here, so that the error and its message are not the context of ours.
            raise failure
        if not isinstance(headers, Mapping):
            got = type(headers).__name__
            raise failed(request, f"{called} was to return a mapping, but got {got}")
        for key, value in headers.items():
            if not isinstance(key, str) or not isinstance(value, str):
                what = f"{called} was to return a mapping of str to str, but "
                what += f"{str(key)[:40]!r} is {type(value).__name__}"
                raise failed(request, what)
        return request.with_headers(self._merged(headers))

    def _merged(self, headers: Headers) -> dict[str, str]:
        own = {k: v for k, v in headers.items() if k.lower() != _LAST_EVENT_ID}
        if len(own) < len(headers) and not self.start:
            self.start = next(v for k, v in headers.items() if k not in own)
        named = {name.lower() for name in own}
        return own | {k: v for k, v in self._defaults.items() if k.lower() not in named}


def _place(error: BaseException) -> str:
    """The line of the callable that raised, such as ` at line 12 of auth.py`; not the
    line of what it called, which is seldom the user's."""
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if path.parent != _OURS:
            in_cell = path.parent.name.startswith("ipykernel_")
            return f" at line {frame.lineno} of {'a cell' if in_cell else path.name}"
    return ""
