"""Whether an answer is an event stream, and what it is otherwise."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import anyio

from .content_coding import ContentCodingError, decompressor, raw_chunks
from .error_body import is_retried, message_of, refusal, retry_after, status_line
from .failures import NoContent, Trouble, failed, is_from_client, quoted
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
    """Return if the answer is an event stream.

    Raises:
        NoContent: 204: there is no more to come.
        Trouble: a refusal that another try may not meet.
        ConnectionFailed: any other refusal.
    """
    status = response.status_code
    content_type = response.headers.get("content-type", "")
    if status in (204, 205):
        raise NoContent
    if status == 200 or (200 <= status <= 299 and not strict):
        essence = content_type.partition(";")[0].strip().lower()
        if essence == "text/event-stream":
            return
        got = f"Content-Type {content_type!r}" if content_type else "none"
        what = f"expected Content-Type text/event-stream, got {got}"
        advice = "Is this the address of the stream itself?"
    else:
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
