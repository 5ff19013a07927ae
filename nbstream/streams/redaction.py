"""Secrets taken out of what a stream shows: servers like to quote the key that they
refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from ..sse import ServerSentEvent
from ..sse.redaction import Redactor, redactor_of
from ..updates import Raw, Row, Text, ToolCall, Update

# Names, which may be the keys of what came; and what is one of a few words.
_NAMES = frozenset({"name", "id", "reason", "level", "event"})


class Redaction:
    """A stage that takes the secrets out of every update's text.

    It comes after the dialect, so that a secret that is an ordinary word, too, cannot
    keep an event from being understood. Numbers and keys stay as they came. A secret
    that comes in pieces passes: see `Transcript.redact`.

    Args:
        secrets: returns the values that must not be shown; a reconnect may bring new
            ones, after which `refresh` is to be called.
    """

    def __init__(self, secrets: Callable[[], list[str]]) -> None:
        self._secrets = secrets
        # Together, for other threads ask, too: for the text of a stream that runs.
        self._known: tuple[list[str], Redactor] = [], Redactor(())
        self.refresh()

    def refresh(self) -> None:
        """Ask for the secrets again."""
        if (secrets := self._secrets()) != self._known[0]:
            self._known = secrets, redactor_of(secrets)

    @property
    def redactor(self) -> Redactor:
        """The redactor for the secrets of now."""
        self.refresh()
        return self._known[1]

    def event(self, event: ServerSentEvent) -> ServerSentEvent:
        """Return an event without the secrets; the same one if it has none."""
        redactor = self.redactor
        kind, data = redactor.of_names.text(event.event), redactor.data(event.data)
        id = redactor.text(event.id)
        if kind is event.event and data is event.data and id is event.id:
            return event
        return event._replace(event=kind, data=data, id=id)

    def see(self, updates: Sequence[Update]) -> Sequence[Update]:
        redactor = self._known[1]
        if not redactor:
            return updates
        return [_redacted(update, redactor) for update in updates]

    def end(self) -> Sequence[Update]:
        return ()


def _redacted(update: Update, redactor: Redactor) -> Update:
    if type(update) is Text:  # they come by the thousand
        text = redactor.text(update.text)
        return update if text is update.text else Text(text)
    changed: dict[str, Any] = {}
    for field in fields(update):
        value = getattr(update, field.name)
        redacted = _redacted_field(update, field.name, value, redactor)
        if redacted is not value:
            changed[field.name] = redacted
    return replace(update, **changed) if changed else update


def _redacted_field(update: Update, name: str, value: Any, redactor: Redactor) -> Any:
    if isinstance(update, Row):
        return redactor.value(value)
    if not isinstance(value, str):
        return value
    if isinstance(update, Raw) and name == "data":
        return redactor.data(value)
    if isinstance(update, ToolCall) and name == "arguments":
        return redactor.piece(value)
    return (redactor.of_names if name in _NAMES else redactor).text(value)
