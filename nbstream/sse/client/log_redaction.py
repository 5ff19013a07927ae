"""Secrets kept out of what HTTP clients log of our requests.

httpx logs the whole URL of each request at INFO, and HTTP/2's tables their headers at
DEBUG: one `logging.basicConfig` in a notebook would write a key into it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .credentials import shown
from .request import Request

# Every logger itself: a filter is not asked about what its children log.
_LOGGERS = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "hpack.hpack",
    "hpack.table",
    "h2.config",
    "anthropic",
    "anthropic._base_client",
    "openai",
    "openai._base_client",
)

_asked: ContextVar[Request | None] = ContextVar("nbstream_request", default=None)


class _Redaction(logging.Filter):
    """Changes records that are logged while one of our requests is made, in its own
    context; those of other requests are left alone."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = _asked.get()
        if request is None:
            return True
        if isinstance(record.args, tuple):
            record.args = tuple(map(_shown, record.args))
        try:
            message = record.getMessage()
        except Exception:
            return True  # logging itself says what is wrong with it
        redacted = request.scrubbed(message)
        if redacted != message:
            record.msg, record.args = redacted, None
        return True


_REDACTION = _Redaction()
_lock = threading.Lock()
_requests = 0  # that are being made, in any thread


@contextmanager
def redacted_logs(request: Request) -> Iterator[None]:
    """Take the secrets of a request out of what is logged within; to be entered and
    left in one task."""
    _count(1)
    token = _asked.set(request)
    try:
        yield
    finally:
        _asked.reset(token)
        _count(-1)


def _count(change: int) -> None:
    """Have the loggers filtered while any request is made, and left alone otherwise."""
    global _requests
    with _lock:
        _requests += change
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            if _requests:
                logger.addFilter(_REDACTION)
            else:
                logger.removeFilter(_REDACTION)


def _shown(value: object) -> object:
    """A URL as it may be shown; anything else as it is."""
    if type(value).__name__ == "URL" or (
        isinstance(value, str) and value.startswith(("http://", "https://"))
    ):
        return shown(str(value))
    return value
