"""The certificates that servers are checked against."""

from __future__ import annotations

import functools
import ssl


@functools.cache
def ssl_context() -> ssl.SSLContext:
    """What every client of ours shares: reading the certificates takes tens of
    milliseconds, in which the loop would stand still for each stream."""
    import httpx

    return httpx.create_ssl_context()
