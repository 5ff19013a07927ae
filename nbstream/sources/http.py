"""Events from an HTTP server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from ..sse import ConnectionChange, ServerSentEvent
from ..sse.client.redaction import redacted


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
        self._fixed = not callable(options.get("headers"))
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
        batches = self._events.batches()
        if self._fixed and not self.secrets():
            return batches
        return _without(self.secrets, batches)

    def _on_change(self, change: ConnectionChange) -> None:
        if self._changed is not None:
            self._changed(change)


async def _without(
    secrets_now: Callable[[], list[str]],
    batches: AsyncGenerator[list[ServerSentEvent], None],
) -> AsyncGenerator[list[ServerSentEvent], None]:
    """The events without our own credentials: what comes is shown, and servers like to
    quote the key that they refuse. A reconnect may have brought new ones."""
    async with aclosing(batches):
        async for events in batches:
            secrets = secrets_now()
            yield [
                event._replace(data=redacted(event.data, secrets))
                if any(secret in event.data for secret in secrets)
                else event
                for event in events
            ]
