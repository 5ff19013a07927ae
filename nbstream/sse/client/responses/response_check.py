"""Check the head of a response: whether it is a stream, and the error otherwise."""

from __future__ import annotations

import re
from contextlib import aclosing, suppress
from typing import Any

import anyio

from ....errors import ConnectionFailed
from ..failures import (
    NoContent,
    RetryableError,
    build_error,
    explain_proxy_authentication,
    is_from_client,
    quote_message,
)
from ..requests.request import Request
from ..requests.request_trace import RequestTrace
from ..retry.policy import is_retryable
from .content_coding import (
    ContentCodingError,
    ContentCodingUnsupported,
    content_decoder_for,
    raw_chunks,
)
from .error_body import (
    describe_refusal,
    describe_status,
    extract_message,
    parse_retry_after,
)
from .format_selection import can_read

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


async def check_response(
    response: Any, request: Request, *, trace: RequestTrace, strict: bool
) -> None:
    """Return if the status and media type are those of a stream.

    Args:
        response: the response, its body unread.
        request: the request.
        trace: knows the proxy, for the advice on a 407.
        strict: accept only 200 and text/event-stream.

    Raises:
        NoContent: for 204 and 205: the stream is complete.
        RetryableError: for a refusal after which another try may succeed.
        ConnectionFailed: for any other refusal.
    """
    status = response.status_code
    content_type = response.headers.get("content-type", "")
    if status in (204, 205):
        raise NoContent(describe_refusal(status))
    if status == 200 or (200 <= status <= 299 and not strict):
        if can_read(response, request, strict=strict):
            return
        raise build_not_a_stream_error(
            response, request, request.redact(await read_beginning(response))
        )
    what = f"expected 200 OK, got {describe_status(status)}"
    advice = request.advice.get(status, _ADVICE.get(status, ""))
    body = request.redact(await read_beginning(response))
    message = extract_message(body, status) or request.redact(_explain_unread(response))
    if status == 407:
        what, advice = explain_proxy_authentication(trace)
    elif status == 405 and status not in request.advice:
        advice = _advise_on_method(request, response)
    elif status == 406 and status not in request.advice:
        advice = _advise_on_accept(request, body)
    if is_retryable(status) and not strict:
        raise RetryableError(
            f"{describe_refusal(status)}{quote_message(message)}",
            refused=True,
            status=status,
            retry_after=parse_retry_after(response.headers),
        )
    raise build_error(
        request,
        what,
        message,
        advice=advice,
        status=status,
        content_type=content_type,
        body=body,
    )


def build_not_a_stream_error(
    response: Any, request: Request, body: str
) -> ConnectionFailed:
    """Return the error for a response that is not a stream.

    Args:
        response: the response.
        request: the request.
        body: the beginning of the body, redacted.
    """
    content_type = response.headers.get("content-type", "")
    got = f"Content-Type {content_type!r}" if content_type else "none"
    return build_error(
        request,
        f"expected Content-Type text/event-stream, got {got}",
        extract_message(body, response.status_code),
        advice="Is this the address of the stream itself?",
        status=response.status_code,
        content_type=content_type,
        body=body,
    )


def build_content_coding_error(
    response: Any, request: Request, codings: str
) -> ConnectionFailed:
    """Return the error for a response whose Content-Encoding is not supported.

    Args:
        response: the response.
        request: the request.
        codings: its Content-Encoding.
    """
    return build_error(
        request,
        f"expected Content-Encoding gzip, deflate or none, got "
        f"{_shorten(request.redact(codings))}",
        advice="Have the server, or the proxy before it, send the stream without it: "
        "an event stream is best not compressed at all.",
        status=response.status_code,
        content_type=response.headers.get("content-type", ""),
    )


def _explain_unread(response: Any) -> str:
    """Return that the body could not be read, in words; empty if it could."""
    try:
        content_decoder_for(response)
    except ContentCodingUnsupported as error:
        return f"its words have Content-Encoding {_shorten(error.codings)}, not decoded"
    return ""


def _shorten(codings: str) -> str:
    return repr(codings if len(codings) <= 80 else f"{codings[:79]}…")


def _advise_on_method(request: Request, response: Any) -> str:
    """Return what to do about a 405, whose `Allow` header names the methods that the
    server accepts (RFC 9110, 15.5.6)."""
    sent = request.method
    with suppress(AttributeError, RuntimeError):  # a response without its request
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


def _advise_on_accept(request: Request, body: str) -> str:
    """Return what to do about a 406, whose body may name the types that the server has
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


async def read_beginning(response: Any) -> str:
    """Return the beginning of an error's body as text: at most 64 KB, received within
    5 s. It is for a person to read, so a missing rest does not matter."""
    body = b""
    try:
        decoder = content_decoder_for(response)
    except ContentCodingUnsupported:
        return ""  # `_explain_unread` reports it
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
