"""Whether an answer can be an event stream, and what it is otherwise."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import anyio

from ...errors import ConnectionFailed
from .content_coding import ContentCodingError, decompressor, raw_chunks
from .error_body import is_retried, message_of, refusal, retry_after, status_line
from .failures import NoContent, Trouble, failed, is_from_client, quoted
from .media_types import is_read
from .request import Request

_BODY_TIMEOUT = 5.0
_BODY_LIMIT = 64 * 1024

_ADVICE = {
    401: "The server wants credentials, for example -H 'Authorization: Bearer {key}'.",
    403: "The credentials are not allowed to read this.",
    404: "Is the path right?",
    405: "Does the server want another method, for example -X POST?",
}


async def check(response: Any, request: Request, *, strict: bool) -> None:
    """Return if the answer can be an event stream, by its status and media type.

    Raises:
        NoContent: 204 or 205: there is no more to come.
        Trouble: a refusal that another try may not meet.
        ConnectionFailed: any other refusal.
    """
    status = response.status_code
    content_type = response.headers.get("content-type", "")
    if status in (204, 205):
        raise NoContent(status_line(status))
    if status == 200 or (200 <= status <= 299 and not strict):
        if is_read(response, request, strict=strict):
            return
        raise not_a_stream(
            response, request, request.scrubbed(await _beginning(response))
        )
    what = f"expected 200 OK, got {status_line(status)}"
    advice = request.advice.get(status, _ADVICE.get(status, ""))
    body = request.scrubbed(await _beginning(response))
    if is_retried(status) and not strict:
        raise Trouble(
            f"{refusal(status)}{quoted(message_of(body))}",
            refused=True,
            status=status,
            retry_after=retry_after(response.headers),
        )
    raise failed(
        request,
        what,
        message_of(body),
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
        message_of(body),
        advice="Is this the address of the stream itself?",
        status=response.status_code,
        content_type=content_type,
        body=body,
    )


async def _beginning(response: Any) -> str:
    """The beginning of an error's body; an answer to a person, not to a parser, so
    what cannot be had in time is left out."""
    body = b""
    inflate = decompressor(response)
    try:
        with anyio.move_on_after(_BODY_TIMEOUT):
            async with aclosing(raw_chunks(response)) as chunks:
                async for chunk in chunks:
                    for piece in (chunk,) if inflate is None else inflate.pieces(chunk):
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
