"""Estimate the tokens of an answer until the server reports them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ..sse import ConnectionChange
from ..streams.pipeline import Stage
from ..updates import Reasoning, Text, ToolCall, Update, Usage

# Servers report usage only at the end. In most languages and tokenizers, a token has
# about so many characters.
_CHARACTERS_PER_TOKEN = 4
_INTERVAL = 0.5
"""Seconds between two estimates."""


class TokenEstimate(Stage):
    """A stage that adds estimates of the output tokens."""

    def __init__(self) -> None:
        self._characters = 0  # of the answer, with its reasoning and tool calls
        self._estimated_at = 0.0  # the time of the last estimate
        self._estimated_characters = 0
        self._is_reported = False  # by the server, while it answers

    def process(self, updates: Sequence[Update]) -> Sequence[Update]:
        """Return the updates, with an estimate where one is due."""
        before = self._characters
        for update in updates:
            if isinstance(update, Text | Reasoning):
                self._characters += len(update.text)
            elif isinstance(update, ToolCall):
                self._characters += len(update.arguments)
            elif isinstance(update, Usage) and update.output_tokens is not None:
                # Some servers report a first count before the answer.
                self._is_reported = self._is_reported or self._characters > 0
        # Also after much text at once: the next update may take long.
        now = time.monotonic()
        due = now - self._estimated_at >= _INTERVAL
        due = due or self._characters >= 2 * self._estimated_characters
        if self._characters > before and due:
            self._estimated_at = now
            return (*updates, *self.end())
        return updates

    def on_connection(self, change: ConnectionChange) -> Sequence[Update]:
        if change.ready_state == "open" and not change.note:
            self._is_reported = False  # a repeated request is answered from the start
        return ()

    def end(self) -> Sequence[Update]:
        """Return the estimate for the whole answer, so that the same answer always
        leaves the same output; none if the server reported its tokens."""
        self._estimated_characters = self._characters
        if self._is_reported or not self._characters:
            return ()
        tokens = max(1, self._characters // _CHARACTERS_PER_TOKEN)
        return (Usage(output_tokens=tokens, estimated=True),)
