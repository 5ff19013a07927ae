"""Translate the errors of HTTP clients into ours, and tell whether to try again."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Iterator
from typing import TypeVar

from ...errors import ConnectionFailed, ConnectionLost
from ...text.sentences import join_sentences, strip_full_stop
from .liveness.buffering_hint import BufferingHint
from .liveness.idle_timeout import IdleTimeout
from .requests.request import Request
from .requests.request_trace import RequestTrace
from .requests.tls import explain_distrust
from .retry.decisions import GiveUp
from .retry.policy import is_retryable

T = TypeVar("T")


class RetryableError(Exception):
    """A failure after which a later try may succeed.

    Args:
        reason: the cause, for messages.
        refused: the server never acted on the request, so it is safe to repeat.
        status: the HTTP status, if the server sent one.
        retry_after: seconds to wait, from the server's `Retry-After`.
        advice: what the user can do about it; empty if the reason says it all.
    """

    def __init__(
        self,
        reason: str,
        *,
        refused: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
        advice: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.refused = refused
        self.status = status
        self.retry_after = retry_after
        self.advice = advice


class NoContent(Exception):
    """The server answered 204 or 205: the stream is complete."""


def build_error(
    request: Request,
    what: str,
    message: str = "",
    *,
    advice: str = "",
    status: int | None = None,
    content_type: str | None = None,
    body: str = "",
) -> ConnectionFailed:
    """Return the error for a request that would fail another time too. It is redacted,
    for any part may quote the server.

    Args:
        request: the request.
        what: what is wrong, as the predicate of a sentence.
        message: the server's own words.
        advice: what the user can do about it, in whole sentences.
        status: the HTTP status of the response.
        content_type: its media type.
        body: the beginning of its body.
    """
    redactor = request.redactor
    sentence = f"{request.method} {request.display_url}: {what}{quote_message(message)}"
    return ConnectionFailed(
        redactor.text(join_sentences(sentence, advice)),
        url=request.display_url,
        status_code=status,
        content_type=content_type and redactor.text(content_type),
        body=redactor.text(body),
    )


def build_give_up_error(
    request: Request, decision: GiveUp, last_event_id: str
) -> ConnectionFailed | ConnectionLost:
    """Return the error for a stream that the retry policy gives up."""
    tries = f" ({decision.attempts} tries)" if decision.attempts > 1 else ""
    what = f"{strip_full_stop(decision.reason)}{tries}"
    if decision.empty:
        return build_error(request, what, advice=decision.advice, status=200)
    sentence = f"Expected a connection to {request.display_url}, but {what}"
    return ConnectionLost(
        request.redact(join_sentences(sentence, decision.advice)),
        url=request.display_url,
        attempts=decision.attempts,
        last_event_id=last_event_id,
        status_code=decision.status,
    )


def quote_message(message: str) -> str:
    """Return a server's message as the end of a sentence, without its full stop."""
    return f": {strip_full_stop(message)}" if message else ""


async def translate_errors(
    request: Request, awaitable: Awaitable[T], trace: RequestTrace, hint: BufferingHint
) -> T:
    """Return the result, and translate an error of the client into ours.

    Raises:
        RetryableError: if another try may succeed.
        ConnectionFailed: if it would not.
    """
    cause: Exception
    try:
        return await awaitable
    except IdleTimeout as error:
        raise RetryableError(f"{error}{hint.suffix}") from None
    except UnicodeEncodeError:
        # Without its cause, which holds the header's value.
        raise build_error(request, "a header holds what no header can") from None
    except Exception as error:
        if not is_from_client(error):
            raise
        cause = error
    # Outside of `except`: a cause that quotes a secret must not be the context either.
    has_secret = any(request.redact(text) != text for text in _texts_of(cause))
    translated = _translate(request, cause, trace)
    raise translated from None if has_secret else cause


def _translate(request: Request, error: Exception, trace: RequestTrace) -> Exception:
    if _is_a(error, "ProxyError"):
        return _translate_proxy_error(request, str(error), trace)
    for cause in _causes_of(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            what, advice = explain_distrust(cause)
            return build_error(request, what, advice=advice)
    what = _explain(error) or request.redact(str(error)) or type(error).__name__
    if _is_a(error, "UnsupportedProtocol", "InvalidURL", "LocalProtocolError"):
        return build_error(request, what)
    unsent = _is_a(error, "ConnectError", "ConnectTimeout", "PoolTimeout")
    if unsent and _is_a(error, "TimeoutException"):
        what = "it took too long to connect"
    advice = ""
    if _is_a(error, "ConnectError", "ConnectTimeout") and (proxy := trace.proxy):
        what = f"the proxy {proxy} cannot be reached: {what}"
        advice = _advise_on_proxy(trace)
    return RetryableError(what, refused=unsent, advice=advice)


def _texts_of(error: BaseException) -> Iterator[str]:
    """Yield every text that a traceback shows of an error and its causes."""
    for cause in _causes_of(error):
        yield from (str(cause), repr(cause), *getattr(cause, "__notes__", ()))


def explain_proxy_authentication(trace: RequestTrace) -> tuple[str, str]:
    """Return what a 407 means, and what the user can do about it."""
    proxy = trace.proxy or trace.configured_proxy
    setting = trace.proxy_setting
    where = f"{setting}=" if setting else "the proxy's address, "
    return (
        f"the proxy{proxy and ' '}{proxy} wants a user name and a password (407)",
        f"Put them into {where}http://USER:PASSWORD@{proxy or 'HOST:PORT'}.",
    )


def _translate_proxy_error(
    request: Request, message: str, trace: RequestTrace
) -> Exception:
    """Return the error for a proxy that did not connect us to the server; the request
    was not sent."""
    if message.startswith("407"):
        what, advice = explain_proxy_authentication(trace)
        return build_error(request, what, advice=advice, status=407)
    code = message[:3]
    status = int(code) if code.isascii() and code.isdigit() else None
    proxy = trace.proxy
    what = f"the proxy{proxy and ' '}{proxy} did not connect to the server"
    what += quote_message(request.redact(message))
    advice = _advise_on_proxy(trace)
    if status is not None and not is_retryable(status):
        return build_error(request, what, advice=advice, status=status)
    return RetryableError(what, refused=True, status=status, advice=advice)


def _advise_on_proxy(trace: RequestTrace) -> str:
    if not trace.proxy_setting:
        return "Is the address of the proxy right?"
    return f"Is {trace.proxy_setting} right? NO_PROXY={trace.host} goes without it."


def is_from_client(error: BaseException) -> bool:
    """Return whether an HTTP client raised this because of the network or the request,
    and not because of a mistake in our code."""
    return _is_a(error, "HTTPError", "InvalidURL", "StreamError")


def _is_a(error: BaseException, *names: str) -> bool:
    """Return whether the error is of one of these classes of httpx, or of a client that
    has the same classes in a package of its own, such as httpx2."""
    return any(cls.__name__ in names for cls in type(error).__mro__)


def _explain(error: BaseException) -> str:
    """Return the operating system's reason in words; empty if it gave none."""
    for cause in _causes_of(error):
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(cause, socket.gaierror):
            return "no address was found for that name"
        if isinstance(cause, ConnectionResetError):
            return "the connection was reset"
        if isinstance(cause, TimeoutError) and cause.errno:  # the system's own
            return "the other end no longer answers"
    return ""


def _causes_of(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and its causes, each once, for a chain may be a cycle. A group
    has one for each address that was tried."""
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
