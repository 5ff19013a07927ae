"""Events from an HTTP server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Any

from ..sse import ConnectionChange, ServerSentEvent


class HttpSource:
    """Follows a URL.

    Args:
        url: an http or https URL.
        label: what to call it; by default the URL without credentials.
        options: as `EventSource` takes them: method, headers, content, json, client,
            verify, proxy, last_event_id, retries, follow, backoff, idle_timeout,
            hint_after, max_event_size, strict, secrets, advice.
    """

    def __init__(self, url: str, *, label: str | None = None, **options: Any) -> None:
        from ..sse import EventSource

        self._changed: Callable[[ConnectionChange], None] | None = None
        self._events = EventSource(url, on_change=self._on_change, **options)
        self.label = label or self._events.url

    @property
    def bytes_received(self) -> int:
        return self._events.bytes_received

    @property
    def leftover(self) -> None:
        return None

    def secrets(self) -> list[str]:
        return self._events.secrets()

    def stop_reconnecting(self) -> None:
        self._events.stop_reconnecting()

    def batches(
        self, on_change: Callable[[ConnectionChange], None]
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        self._changed = on_change
        return self._events.batches()

    def _on_change(self, change: ConnectionChange) -> None:
        if self._changed is not None:
            self._changed(change)
