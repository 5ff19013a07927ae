"""Join sentences whose parts come from elsewhere: servers, libraries, the system."""

from __future__ import annotations

_STOPS = (".", "!", "?", "…")


def strip_full_stop(text: str) -> str:
    """Remove the full stop from the end of a text that a sentence continues after."""
    return text.rstrip().rstrip(".")


def end_sentence(text: str) -> str:
    """Add the full stop that a text may lack, so that it has exactly one end; an empty
    text stays empty."""
    text = text.rstrip()
    if text.endswith("."):
        text = text.rstrip(".")
    return text if not text or text.endswith(_STOPS) else f"{text}."


def join_sentences(*parts: str) -> str:
    """Join texts to sentences, each with exactly one end, without the empty ones."""
    return " ".join(filter(None, map(end_sentence, parts)))
