"""What went wrong with a connection, and whether a later try may fare better."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Iterator
from typing import TypeVar

from ...errors import ConnectionFailed
from .error_body import is_retried
from .idle_timeout import Silence, SlowStart
from .request import Request
from .route import Route
from .tls import distrust

T = TypeVar("T")


class Trouble(Exception):
    """Something that a later try may not meet.

    Args:
        reason: what happened, as it is shown.
        clean: the stream came to its proper end.
        refused: the server never acted on the request, so it is safe to repeat.
        status: the HTTP status, if the server answered with one.
        retry_after: seconds that the server asks us to wait.
        advice: what to do about it, where more is known than that it went wrong.
    """

    def __init__(
        self,
        reason: str,
        *,
        clean: bool = False,
        refused: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
        advice: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.clean = clean
        self.refused = refused
        self.status = status
        self.retry_after = retry_after
        self.advice = advice


class NoContent(Exception):
    """The server says in so many words that there is no more to come (204, 205)."""


def failed(
    request: Request,
    what: str,
    message: str = "",
    *,
    advice: str = "",
    status: int | None = None,
    content_type: str | None = None,
    body: str = "",
) -> ConnectionFailed:
    """The error for a request that would not fare better another time, without the
    request's secrets: whatever it quotes, the server may have said it."""
    redactor = request.redactor
    told = f"{request.method} {request.shown_url}: {what}{quoted(message)}"
    stop = "" if told.endswith(("!", "?", "…")) else "."
    return ConnectionFailed(
        redactor.text(f"{told}{stop} {advice}".rstrip()),
        url=request.shown_url,
        status_code=status,
        content_type=content_type and redactor.text(content_type),
        body=redactor.text(body),
    )


def quoted(message: str) -> str:
    """A server's message as the end of a sentence of ours, whose full stop follows."""
    return f": {message.rstrip('.')}" if message else ""


async def told_apart(
    request: Request, awaitable: Awaitable[T], route: Route, slow: SlowStart
) -> T:
    """The result, or the client's error as one of ours.

    Raises:
        Trouble: where another try may help.
        ConnectionFailed: where it would not.
    """
    cause: Exception
    try:
        return await awaitable
    except Silence as error:
        raise Trouble(f"{error}{slow.cure}") from None
    except UnicodeEncodeError:
        # Without its cause, which holds the header's value.
        raise failed(request, "a header holds what no header can") from None
    except Exception as error:
        if not is_from_client(error):
            raise
        cause = error
    # Out here, so that a cause that quotes a secret is not even the context of ours.
    quotes = any(request.scrubbed(text) != text for text in _said(cause))
    raise _as_ours(request, cause, route) from None if quotes else cause


def _as_ours(request: Request, error: Exception, route: Route) -> Exception:
    """The client's error as one of ours."""
    if _named(error, "ProxyError"):
        return _refused_by_proxy(request, str(error), route)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            what, advice = distrust(cause)
            return failed(request, what, advice=advice)
    what = _in_words(error) or request.scrubbed(str(error)) or type(error).__name__
    if _is_futile(error):
        return failed(request, what)
    unsent = _named(error, "ConnectError", "ConnectTimeout", "PoolTimeout")
    if unsent and _named(error, "TimeoutException"):
        what = "it took too long to connect"
    advice = ""
    if _named(error, "ConnectError", "ConnectTimeout") and (proxy := route.proxy):
        what = f"the proxy {proxy} cannot be reached: {what}"
        advice = _about(route)
    return Trouble(what, refused=unsent, advice=advice)


def _said(error: BaseException) -> Iterator[str]:
    """Everything that an error and its causes say in words."""
    for cause in _causes(error):
        yield from (str(cause), repr(cause), *getattr(cause, "__notes__", ()))


def wants_proxy_credentials(route: Route) -> tuple[str, str]:
    """What a 407 means, and what to do about it."""
    proxy = route.proxy or route.configured_proxy
    setting = route.proxy_setting
    where = f"{setting}=" if setting else "the proxy's address, "
    return (
        f"the proxy{proxy and ' '}{proxy} wants a user name and a password (407)",
        f"Put them into {where}http://USER:PASSWORD@{proxy or 'HOST:PORT'}.",
    )


def _refused_by_proxy(request: Request, said: str, route: Route) -> Exception:
    """The error for a proxy that did not connect us to the server; the request was
    not sent."""
    if said.startswith("407"):
        what, advice = wants_proxy_credentials(route)
        return failed(request, what, advice=advice, status=407)
    code = said[:3]
    status = int(code) if code.isascii() and code.isdigit() else None
    proxy = route.proxy
    what = f"the proxy{proxy and ' '}{proxy} did not connect to the server"
    what += quoted(request.scrubbed(said))
    advice = _about(route)
    if status is not None and not is_retried(status):
        return failed(request, what, advice=advice, status=status)
    return Trouble(what, refused=True, status=status, advice=advice)


def _about(route: Route) -> str:
    """What to do about a proxy that does not work."""
    if not route.proxy_setting:
        return "Is the address of the proxy right?"
    return f"Is {route.proxy_setting} right? NO_PROXY={route.host} goes without it."


def is_from_client(error: BaseException) -> bool:
    """Whether an HTTP client raised this on account of the network or the request."""
    return _named(error, "HTTPError", "InvalidURL", "StreamError")


def _named(error: BaseException, *names: str) -> bool:
    """Whether the error is of one of these classes of httpx, or of a client that
    has the same classes in a package of its own, such as httpx2."""
    return any(cls.__name__ in names for cls in type(error).__mro__)


def _is_futile(error: BaseException) -> bool:
    return _named(error, "UnsupportedProtocol", "InvalidURL", "LocalProtocolError")


def _in_words(error: BaseException) -> str:
    """What the system said, where a client only says that something failed."""
    for cause in _causes(error):
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(cause, socket.gaierror):
            return "no address was found for that name"
        if isinstance(cause, ConnectionResetError):
            return "the connection was reset"
        if isinstance(cause, TimeoutError) and cause.errno:  # the system's own
            return "the other end no longer answers"
    return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what led to it: where several addresses were tried, all. Each
    once, for a chain may lead back to where it began."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        before = cause.__cause__ or cause.__context__
        if before is not None:
            waiting.append(before)
        if isinstance(cause, BaseExceptionGroup):
            waiting.extend(reversed(cause.exceptions))
