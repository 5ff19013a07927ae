"""How many tokens an answer has taken so far, until the server says."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ..updates import Reasoning, Text, ToolCall, Update, Usage

# Servers tell what an answer took only at its end. Until then: about so many
# characters make a token, in most languages and tokenizers.
_CHARACTERS_A_TOKEN = 4
_ESTIMATE_EVERY = 0.5  # seconds


class TokenEstimate:
    """A stage of the pipeline that adds estimates of the output's tokens."""

    def __init__(self) -> None:
        self.characters = 0
        """What has come of the answer, its reasoning and tool calls included."""
        self._estimated = 0.0  # when
        self._estimated_of = 0  # characters
        self._counted = False  # by the server, while it answers

    def asked_again(self) -> None:
        """Estimate anew: the answer begins once more."""
        self._counted = False

    def see(self, updates: Sequence[Update]) -> Sequence[Update]:
        """Return the updates, and an estimate where one is due."""
        before = self.characters
        for update in updates:
            if isinstance(update, Text | Reasoning):
                self.characters += len(update.text)
            elif isinstance(update, ToolCall):
                self.characters += len(update.arguments)
            elif isinstance(update, Usage) and update.output_tokens is not None:
                # Some send a first count before the answer, which is not of it.
                self._counted = self._counted or self.characters > 0
        # Also where much came at once, for then nothing may come for long.
        now = time.monotonic()
        due = now - self._estimated >= _ESTIMATE_EVERY
        due = due or self.characters >= 2 * self._estimated_of
        if self.characters > before and due:
            self._estimated = now
            return (*updates, *self.end())
        return updates

    def end(self) -> Sequence[Update]:
        """Return the estimate of all that came, so that the same answer leaves the same
        behind; nothing where the server has counted."""
        self._estimated_of = self.characters
        if self._counted or not self.characters:
            return ()
        tokens = max(1, self.characters // _CHARACTERS_A_TOKEN)
        return (Usage(output_tokens=tokens, estimated=True),)
