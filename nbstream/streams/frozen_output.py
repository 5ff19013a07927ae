"""FrozenOutput: write what a stream leaves in a notebook as ordinary output."""

from __future__ import annotations

import logging

from .end_messages import describe_end
from .event_loops.worker_thread import run_in_thread
from .intake import Intake
from .pipeline import Redaction
from .status import Status

_log = logging.getLogger("nbstream")


class FrozenOutput:
    """The ordinary output of one stream.

    Args:
        intake: holds the content, and caches the output of an ended stream.
        redaction: redacts the content.
        status: how the stream ended.
        subject: whose output it is, for the log.
    """

    def __init__(
        self, intake: Intake, redaction: Redaction, status: Status, subject: str
    ) -> None:
        self._intake = intake
        self._redaction = redaction
        self._status = status
        self._subject = subject
        self._requested: set[int] = set()

    def mimebundle(self, limit: int) -> dict[str, str]:
        """Return the output as text by mime type, in at most `limit` bytes. May be
        called from any thread."""
        cache = self._intake.outputs
        if (cached := cache.get(limit)) is not None:
            return cached
        ended = self._status.done
        transcript = self._redaction.redact_transcript(self._intake.transcript)
        bundle = transcript.mimebundle(describe_end(self._status, transcript), limit)
        if ended:  # it cannot change any more, and writing it takes long
            cache.keep(limit, bundle)
            self._intake.budget.check_kernel()
        return bundle

    async def render(self, limit: int) -> None:
        """Write the output of an ended stream in a thread, and cache it."""
        if limit not in self._intake.outputs:
            await run_in_thread(self.mimebundle, limit)

    def request(self, limit: int) -> None:
        """Have `render_requested` write an output with this limit."""
        self._requested.add(limit)

    async def render_requested(self) -> None:
        """Write every requested output. One that cannot be written is logged."""
        rendered: set[int] = set()
        while limits := self._requested - rendered:  # more may be requested meanwhile
            for limit in limits:
                try:
                    await self.render(limit)
                except Exception:
                    _log.exception("The output of %s cannot be written", self._subject)
            rendered |= limits
