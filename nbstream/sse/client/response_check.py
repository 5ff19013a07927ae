"""Whether an answer can be an event stream, and what it is otherwise."""

from __future__ import annotations

import re
from contextlib import aclosing, suppress
from typing import Any

import anyio

from ...errors import ConnectionFailed
from .content_coding import (
    ContentCodingError,
    ContentCodingUnsupported,
    decoder_of_body,
    raw_chunks,
)
from .error_body import is_retried, message_of, refusal, retry_after, status_line
from .failures import (
    NoContent,
    Trouble,
    failed,
    is_from_client,
    quoted,
    wants_proxy_credentials,
)
from .media_types import is_read
from .request import Request
from .route import Route

_BODY_TIMEOUT = 5.0
_BODY_LIMIT = 64 * 1024

_ADVICE = {
    401: "The server wants credentials, for example -H 'Authorization: Bearer {key}'.",
    403: "The credentials are not allowed to read this.",
    404: "Is the path right?",
}
_METHOD = re.compile(r"[A-Z]{1,20}")
_MEDIA_TYPE = re.compile(
    r"\b(?:application|text)/(?:\*|[a-z0-9][a-z0-9.+-]*[a-z0-9])", re.IGNORECASE
)


async def check(response: Any, request: Request, *, route: Route, strict: bool) -> None:
    """Return if the answer can be an event stream, by its status and media type.

    Raises:
        NoContent: 204 or 205: there is no more to come.
        Trouble: a refusal that another try may not meet.
        ConnectionFailed: any other refusal.
    """
    status = response.status_code
    content_type = response.headers.get("content-type", "")
    if status in (204, 205):
        raise NoContent(refusal(status))
    if status == 200 or (200 <= status <= 299 and not strict):
        if is_read(response, request, strict=strict):
            return
        raise not_a_stream(
            response, request, request.scrubbed(await beginning_of(response))
        )
    what = f"expected 200 OK, got {status_line(status)}"
    advice = request.advice.get(status, _ADVICE.get(status, ""))
    body = request.scrubbed(await beginning_of(response))
    message = message_of(body, status) or request.scrubbed(_unread(response))
    if status == 407:
        what, advice = wants_proxy_credentials(route)
    elif status == 405 and status not in request.advice:
        advice = _another_method(request, response)
    elif status == 406 and status not in request.advice:
        advice = _another_accept(request, body)
    if is_retried(status) and not strict:
        raise Trouble(
            f"{refusal(status)}{quoted(message)}",
            refused=True,
            status=status,
            retry_after=retry_after(response.headers),
        )
    raise failed(
        request,
        what,
        message,
        advice=advice,
        status=status,
        content_type=content_type,
        body=body,
    )


def not_a_stream(response: Any, request: Request, body: str) -> ConnectionFailed:
    """The error for an answer that is nothing that can be followed.

    Args:
        response: the answer.
        request: what it answers.
        body: the beginning of its body, without secrets.
    """
    content_type = response.headers.get("content-type", "")
    got = f"Content-Type {content_type!r}" if content_type else "none"
    return failed(
        request,
        f"expected Content-Type text/event-stream, got {got}",
        message_of(body, response.status_code),
        advice="Is this the address of the stream itself?",
        status=response.status_code,
        content_type=content_type,
        body=body,
    )


def undecodable(response: Any, request: Request, codings: str) -> ConnectionFailed:
    """The error for a stream whose Content-Encoding is not decoded.

    Args:
        response: the answer.
        request: what it answers.
        codings: its Content-Encoding.
    """
    return failed(
        request,
        f"expected Content-Encoding gzip, deflate or none, got "
        f"{_shown(request.scrubbed(codings))}",
        advice="Have the server, or the proxy before it, send the stream without it: "
        "an event stream is best not compressed at all.",
        status=response.status_code,
        content_type=response.headers.get("content-type", ""),
    )


def _unread(response: Any) -> str:
    """Say that the body could not be read, if that is so; empty if it could."""
    try:
        decoder_of_body(response)
    except ContentCodingUnsupported as error:
        return f"its words have Content-Encoding {_shown(error.codings)}, not decoded"
    return ""


def _shown(codings: str) -> str:
    return repr(codings if len(codings) <= 80 else f"{codings[:79]}…")


def _another_method(request: Request, response: Any) -> str:
    """What to do about a 405, whose `Allow` header names the methods that the server
    takes (RFC 9110, 15.5.6)."""
    sent = request.method
    with suppress(AttributeError, RuntimeError):  # a response that knows no request
        if response.request.method != sent:
            return (
                f"A redirect made the {sent} a {response.request.method}: give the "
                "address that it leads to."
            )
    words = response.headers.get("allow", "").upper().split(",")
    allow = [word.strip() for word in words if _METHOD.fullmatch(word.strip())]
    usable = [m for m in allow if m not in ("HEAD", "OPTIONS", "TRACE", sent)]
    if allow and not usable:
        return f"It allows {', '.join(allow[:8])} only. Is the path right?"
    how = "-X GET, or no body" if sent != "GET" else "-X POST"
    if not usable:
        return f"Does the server want another method than {sent}, for example {how}?"
    if "GET" not in usable or sent == "GET":
        how = " or ".join(f"-X {method}" for method in usable[:4])
    return f"A {sent} was sent, and the server takes {', '.join(usable[:8])}: {how}."


def _another_accept(request: Request, body: str) -> str:
    """What to do about a 406, whose body may name the types that the server has
    (RFC 9110, 15.5.7)."""
    own = [v for name, v in request.headers.items() if name.lower() == "accept"]
    sent = own[-1] if own else request.accept
    named = dict.fromkeys(found.lower() for found in _MEDIA_TYPE.findall(body))
    wanted = ", ".join(list(named)[:6])
    if named and {*named} != {part.strip() for part in sent.lower().split(",")}:
        return f'{sent!r} was accepted; send -H "Accept: {wanted}".'
    if own:
        return f"The Accept header that was sent, {sent!r}, does not suit the server."
    return f"{sent!r} was accepted; -H 'Accept: TYPE' accepts another type."


async def beginning_of(response: Any) -> str:
    """The beginning of an error's body; an answer to a person, not to a parser, so
    what cannot be had in time is left out."""
    body = b""
    try:
        decoder = decoder_of_body(response)
    except ContentCodingUnsupported:
        return ""  # `_unread` says so
    try:
        with anyio.move_on_after(_BODY_TIMEOUT):
            async with aclosing(raw_chunks(response)) as chunks:
                async for chunk in chunks:
                    for piece in decoder.pieces(chunk):
                        body += piece
                        if len(body) >= _BODY_LIMIT:
                            break
                    if len(body) >= _BODY_LIMIT:
                        break
    except ContentCodingError:
        pass
    except Exception as error:
        if not is_from_client(error):
            raise
    return body[:_BODY_LIMIT].decode("utf-8", "replace")
