"""Describe in words how a stream ended: failures, closing notes. Pure functions."""

from __future__ import annotations

from ..content.transcript import Transcript
from ..errors import ConnectionLost, NbstreamError
from ..limits import MAX_ERROR
from ..sse.redaction import Redactor
from ..text.clipping import clip_text
from ..text.invisible_characters import join_surrogates
from ..text.paths import shorten_paths
from ..updates import Failed, Lost, Note, Stopped
from .status import Status
from .tracebacks import format_traceback

_LONG = 600.0
"""Seconds after which a stream counts as a feed: that the server ended it is news."""


def _describe_error(error: Exception) -> str:
    """Return the message of an error, with its class if it is not one of ours."""
    if isinstance(error, NbstreamError):
        return str(error) or type(error).__name__
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def describe_failure(error: Exception, status: Status, redactor: Redactor) -> Failed:
    """Return the update that shows an error, without secrets and without paths of the
    machine.

    Args:
        error: the error, without our frames.
        status: of the stream that it ended.
        redactor: for the secrets of the stream.
    """
    # The message of one of ours is complete; others come from the user's code.
    lines = "" if isinstance(error, NbstreamError) else format_traceback(error)
    # A lone surrogate, as of a file's name, could not be encoded.
    message = redactor.text(join_surrogates(shorten_paths(_describe_error(error))))
    lines = redactor.text(join_surrogates(shorten_paths(lines)))
    return Failed(clip_text(message, MAX_ERROR), lines, _lost(error, status))


def _lost(error: Exception, status: Status) -> Lost | None:
    """Return how the connection was lost; None for other errors, and if no event had
    been received."""
    if not isinstance(error, ConnectionLost) or not status.events_received:
        return None
    gone = error.attempts > 1
    what = "The server has gone" if gone else "The connection broke off"
    return Lost(what, status.events_received, status.timing.broken_since or 0.0)


def describe_timeout(seconds: float) -> Stopped:
    """Return the update that shows that `max_time` ended the stream."""
    return Stopped("max_time", f"Stopped after {seconds:g} s, as --max-time asks.")


def describe_feed_end(status: Status) -> Note | None:
    """Return a note on the end of a long feed that the server just closed, and that
    could be followed further; None otherwise. Without its duration, since the notebook
    should not differ with it."""
    close = status.close
    if close is None or not close.can_follow or status.timing.elapsed < _LONG:
        return None
    return Note("The server ended the stream. --follow follows it further.")


def describe_end(status: Status, transcript: Transcript) -> str:
    """Return what the content itself does not say: what is missing of it, and how it
    ended. A failure is part of the content."""
    notes = (_gap_note(transcript.lost), _end_note(status, transcript))
    return "; ".join(filter(None, notes))


def _end_note(status: Status, transcript: Transcript) -> str:
    if status.state == "cancelled":
        return "Cancelled"
    if status.state == "stopping":
        return "Stopping at its next `yield`"
    if status.state == "finished" and not transcript.seq:
        return "The stream finished without any content"
    return ""


def _gap_note(lost: int | None) -> str:
    """Return a note on events that the server no longer has; empty without a gap."""
    if lost is None:
        return ""
    return f"Gap: at least {lost:,} events lost" if lost else "Gap: some events lost"
