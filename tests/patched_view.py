"""Apply a transcript's patches as a page does."""

from __future__ import annotations

from typing import Any

from nbstream.content.transcript import Patch, Transcript


class Page:
    """A view that applies patches, as the page's blocks do."""

    def __init__(self) -> None:
        self.blocks: dict[int, dict[str, Any]] = {}

    def take(self, transcript: Transcript, seq: int) -> None:
        patches = transcript.changes_after(seq)
        if patches is None:
            self.blocks.clear()
            patches = transcript.snapshot()
        self.apply(patches)

    def apply(self, patches: list[Patch]) -> None:
        for patch in patches:
            block = self.blocks.setdefault(patch.block, {})
            getattr(self, f"_{patch.kind}", self._listing)(block, patch.payload)

    def _listing(self, block: dict[str, Any], payload: Any) -> None:
        entries = [*block.get("add", []), *payload["add"]]
        drop = payload.get("drop", 0)
        block["add"] = entries[drop:]
        block["dropped"] = block.get("dropped", 0) + drop

    def _text(self, block: dict[str, Any], payload: dict[str, Any]) -> None:
        # The page counts in UTF-16 units, so this view does too.
        units = (block.get("text", "") + payload["text"]).encode(
            "utf-16-le", "surrogatepass"
        )
        units = units[2 * payload.get("drop", 0) :]
        block["text"] = units.decode("utf-16-le", "surrogatepass")

    def _reasoning(self, block: dict[str, Any], payload: dict[str, Any]) -> None:
        self._text(block, payload)
        block.update({k: v for k, v in payload.items() if k not in ("text", "drop")})

    _tool_call = _reasoning

    def _progress(self, block: dict[str, Any], payload: dict[str, Any]) -> None:
        bars = block.setdefault("bars", {})
        for name in payload.get("gone", []):
            bars.pop(name, None)
        bars.update(payload["bars"])

    def _error(self, block: dict[str, Any], payload: dict[str, Any]) -> None:
        block.update(payload)

    _usage = _notice = _error

    def _citations(self, block: dict[str, Any], payload: dict[str, Any]) -> None:
        self._listing(block, payload)
        if more := block.get("more", 0) + payload.get("more", 0):
            block["more"] = more


def comparable(payload: Any) -> dict[str, Any]:
    """Return a snapshot without values in other units, or that depend on the clock."""
    moves = ("dropped", "elapsed", "first", "streamed")
    kept = {k: v for k, v in payload.items() if k not in moves}
    if "bars" in kept:
        kept["bars"] = {
            name: {k: v for k, v in bar.items() if k != "elapsed"}
            for name, bar in kept["bars"].items()
        }
    return kept
