"""Provide the user's headers at each connect: from a mapping, or from a callable whose
credentials are fresh each time."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from ....errors import ConnectionFailed, NbstreamError
from ..failures import RetryableError, build_error
from ..liveness.idle_timeout import IdleTimeout, Interrupted
from .request import Request

Headers = Mapping[str, str]
HeadersArgument = Headers | Callable[[], Headers | Awaitable[Headers]]

_CLIENT = Path(__file__).parents[1]
_LAST_EVENT_ID = "last-event-id"


class HeaderProvider:
    """Gives a request the current headers of the user.

    A `Last-Event-ID` among them is where the stream starts. It does not replace the id
    of events that were received since.

    Args:
        given: a mapping, or a callable, plain or async, that returns one.
        defaults: headers for names that the user does not set.
    """

    def __init__(self, given: HeadersArgument | None, defaults: Headers) -> None:
        self._call = given if callable(given) else None
        self._given = {} if given is None or callable(given) else dict(given)
        self._defaults = defaults
        self.start_id = ""
        """The user's `Last-Event-ID`; empty if there is none, or the callable has not
        been called yet."""

    @property
    def can_refresh(self) -> bool:
        """True if another call may return other headers."""
        return self._call is not None

    def merge_static(self) -> dict[str, str]:
        """Return the headers that need no call, with the defaults."""
        return self._merge(self._given)

    async def refresh(
        self, request: Request, wait: Callable[[Awaitable[Any]], Awaitable[Any]]
    ) -> Request:
        """Return the request with the current headers.

        Args:
            request: the request.
            wait: bounds a wait for an async callable.

        Raises:
            RetryableError: if it takes too long.
            ConnectionFailed: if the callable raises, or returns something else than
                headers. The text of its exception is left out, since any part of it
                may be a secret. Errors of nbstream, such as KeyMissing, pass unchanged.
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
        except IdleTimeout:
            raise RetryableError(
                f"{called} did not return in time", refused=True
            ) from None
        except (NbstreamError, Interrupted):
            raise
        except Exception as error:
            failure = build_error(
                request,
                f"{called} raised {type(error).__name__}{_locate(error)}",
                advice="Its message may hold a secret and is left out; call it by "
                "itself to see it.",
            )
        if failure is not None:
            # Outside of `except`, or its exception would be the context of this one.
            raise failure
        if not isinstance(headers, Mapping):
            got = type(headers).__name__
            raise build_error(
                request, f"{called} was to return a mapping, but got {got}"
            )
        for key, value in headers.items():
            if not isinstance(key, str) or not isinstance(value, str):
                what = f"{called} was to return a mapping of str to str, but "
                what += f"{str(key)[:40]!r} is {type(value).__name__}"
                raise build_error(request, what)
        return request.with_headers(self._merge(headers))

    def _merge(self, headers: Headers) -> dict[str, str]:
        sent = {k: v for k, v in headers.items() if k.lower() != _LAST_EVENT_ID}
        if len(sent) < len(headers) and not self.start_id:
            self.start_id = next(v for k, v in headers.items() if k not in sent)
        named = {name.lower() for name in sent}
        return sent | {
            k: v for k, v in self._defaults.items() if k.lower() not in named
        }


def _locate(error: BaseException) -> str:
    """Return the line of the callable that raised, such as ` at line 12 of auth.py`,
    and not the line in a library that it called."""
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if _CLIENT not in path.parents:
            in_cell = path.parent.name.startswith("ipykernel_")
            return f" at line {frame.lineno} of {'a cell' if in_cell else path.name}"
    return ""
