"""A stream as ordinary output: markdown, html and text, with no widget in it."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any

from .. import blocks
from ..errors import ConnectionLost
from ..stream import Stream

# JupyterLab typesets mathematics in all HTML, where a price in dollars is none.
NO_MATH = "mathjax_ignore tex2jax_ignore"
"""The classes of what the page's typesetter leaves alone."""

# Piled-up accents could be drawn far outside of it, over the rest of the page.
_OUTER = f'class="nbstream-snapshot {NO_MATH}" style="overflow:clip"'

Bundle = dict[str, Any]


def bundle(stream: Stream) -> tuple[Bundle, Bundle]:
    """The mime bundle of what was received, and its metadata.

    The bundle is the same for the same content: times, counts and rates are in the
    metadata, which comparing tools such as nbval leave alone.
    """
    parts = sorted(stream.transcript.blocks, key=_place)
    note = _note(stream)
    plain = [part.plain() for part in parts]
    markdown = [part.markdown() for part in parts]
    html = [part.html() for part in parts]
    if note:
        plain.append(f"[{note}]")
        markdown.append(f"*{note}*")
        html.append(f'<p class="nbstream-note"><em>{escape(note)}</em></p>')
    body = "\n".join(filter(None, html))
    data = {
        "text/plain": "\n".join(filter(None, plain)),
        "text/markdown": "\n\n".join(filter(None, markdown)),
        "text/html": f"<div {_OUTER}>\n{body}\n</div>",
    }
    return data, {"nbstream": facts(stream)}


def placeholder(stream: Stream) -> Bundle:
    """What stands in for a stream that still runs, where no panel can be drawn."""
    return {"text/plain": f"{stream.label}: {stream.state}"}


def facts(stream: Stream) -> dict[str, Any]:
    """What can be said of a stream in numbers; no secrets."""
    timing = stream.timing
    lost = isinstance(stream.error, ConnectionLost) and stream.events_received
    return {
        "state": stream.state,
        "source": stream.label,
        "events": stream.events_received,
        "bytes": stream.bytes_received,
        "reconnects": stream.reconnects,
        "started": _iso(timing.started),
        **({"lost_since": _iso(timing.broken_since)} if lost else {}),
        "seconds": round(stream.elapsed, 3),
        "seconds_to_first_event": (
            round(timing.to_first_event, 3)
            if timing.to_first_event is not None
            else None
        ),
    }


def _iso(time: float | None) -> str | None:
    """A time since the epoch as ISO 8601; None stays None."""
    if time is None:
        return None
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds")


def _place(block: blocks.Block) -> int:
    """Where to show it: in the order in which they began, but for those at the foot."""
    foot = blocks.AT_THE_FOOT
    return foot.index(type(block)) if isinstance(block, foot) else -1


def _note(stream: Stream) -> str:
    """The one line that the content itself does not tell."""
    failed = any(isinstance(b, blocks.ErrorBlock) for b in stream.transcript.blocks)
    if failed or (stream.state == "finished" and stream.transcript.seq):
        return ""
    if stream.state == "finished":
        return "The stream finished without any content"
    return "Cancelled"
