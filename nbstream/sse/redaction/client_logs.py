"""Redact the log lines that HTTP clients write about our requests.

httpx logs the whole URL of each request at INFO, and HTTP/2's tables their headers at
DEBUG: one `logging.basicConfig` in a notebook would write a key into it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .credentials import redact_url
from .redactor import Redactor

# Each logger by name: a filter of a parent does not see the records of its children.
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

_redactor: ContextVar[Redactor | None] = ContextVar("nbstream_redactor", default=None)


class _RedactionFilter(logging.Filter):
    """Redacts the records that are logged in the context of one of our requests, and
    leaves those of other requests alone."""

    def filter(self, record: logging.LogRecord) -> bool:
        redactor = _redactor.get()
        if redactor is None:
            return True
        if isinstance(record.args, tuple):
            record.args = tuple(map(_redact_url, record.args))
        try:
            message = record.getMessage()
        except Exception:
            return True  # logging itself reports a bad format string
        redacted = redactor.text(message)
        if redacted != message:
            record.msg, record.args = redacted, None
        return True


_FILTER = _RedactionFilter()
_lock = threading.Lock()
_requests = 0  # being made now, in any thread


@contextmanager
def redact_logs(redactor: Redactor) -> Iterator[None]:
    """Redact what HTTP clients log within. Enter and leave it in one task.

    Args:
        redactor: knows the secrets of the request that is made.
    """
    _count_requests(1)
    token = _redactor.set(redactor)
    try:
        yield
    finally:
        _redactor.reset(token)
        _count_requests(-1)


def _count_requests(change: int) -> None:
    """Filter the loggers only while a request is being made."""
    global _requests
    with _lock:
        _requests += change
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            if _requests:
                logger.addFilter(_FILTER)
            else:
                logger.removeFilter(_FILTER)


def _redact_url(value: object) -> object:
    """Return a URL without its credentials, and any other value unchanged."""
    if type(value).__name__ == "URL" or (
        isinstance(value, str) and value.startswith(("http://", "https://"))
    ):
        return redact_url(str(value))
    return value
