"""Redact a stream's updates: servers often quote the key that they refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from ...content.transcript import Transcript
from ...sse import ConnectionChange, ServerSentEvent
from ...sse.redaction import Redactor, redactor_of
from ...updates import Raw, Row, Text, ToolCall, Update
from .stage import Stage

# Fields that hold names, which a server may have taken from the data, or one of a few
# words. A secret that is a common word is left in them.
_NAMES = frozenset({"name", "id", "reason", "level", "event"})


class Redaction(Stage):
    """Redacts the secrets of the request in the text of every update.

    It runs after the dialect, so that a secret that is also a common word cannot keep
    an event from being understood. Numbers and keys are left alone. A secret that is
    split between updates passes: `redact_transcript` finds it.

    Args:
        secrets: returns the values that must not be shown. It is called again at each
            change of the connection, since a reconnect may bring new ones.
    """

    def __init__(self, secrets: Callable[[], list[str]]) -> None:
        self._secrets = secrets
        # One tuple, since other threads read it, too: for the text of a live stream.
        self._known: tuple[list[str], Redactor] = [], Redactor(())
        self._refresh()

    @property
    def redactor(self) -> Redactor:
        """The redactor for the current secrets."""
        self._refresh()
        return self._known[1]

    def process(self, updates: Sequence[Update]) -> Sequence[Update]:
        redactor = self._known[1]
        if not redactor:
            return updates
        return [_redact_update(update, redactor) for update in updates]

    def on_connection(self, change: ConnectionChange) -> Sequence[Update]:
        self._refresh()
        return ()

    def redact_event(self, event: ServerSentEvent) -> ServerSentEvent:
        """Return an event without the secrets; the same object if it has none."""
        redactor = self.redactor
        kind, data = redactor.of_names.text(event.event), redactor.data(event.data)
        id = redactor.text(event.id)
        if kind is event.event and data is event.data and id is event.id:
            return event
        return event._replace(event=kind, data=data, id=id)

    def redact_transcript(self, transcript: Transcript) -> Transcript:
        """Redact, in place, secrets that were split between updates. Returns the same
        transcript."""
        if redactor := self.redactor:
            transcript.redact(redactor)
        return transcript

    def _refresh(self) -> None:
        if (secrets := self._secrets()) != self._known[0]:
            self._known = secrets, redactor_of(secrets)


def _redact_update(update: Update, redactor: Redactor) -> Update:
    if type(update) is Text:  # they come by the thousand
        text = redactor.text(update.text)
        return update if text is update.text else Text(text)
    changed: dict[str, Any] = {}
    for field in fields(update):
        value = getattr(update, field.name)
        redacted = _redact_field(update, field.name, value, redactor)
        if redacted is not value:
            changed[field.name] = redacted
    return replace(update, **changed) if changed else update


def _redact_field(update: Update, name: str, value: Any, redactor: Redactor) -> Any:
    if isinstance(update, Row):
        return redactor.value(value)
    if not isinstance(value, str):
        return value
    if isinstance(update, Raw) and name == "data":
        return redactor.data(value)
    if isinstance(update, ToolCall) and name == "arguments":
        return redactor.piece(value)
    return (redactor.of_names if name in _NAMES else redactor).text(value)
