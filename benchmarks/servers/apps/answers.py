"""The texts that every server here sends."""

WORDS = ["Bread", " rises", " in", " **two", " hours**", ".\n\n", "- knead", "\n- wait"]
LOG = (
    "2026-11-27 10:00:00 INFO job started",
    "2026-11-27 10:00:01 WARNING disk slow",
    "2026-11-27 10:00:02 INFO job ended",
)


def encode_event(text: str) -> str:
    """Encode a text as one event, its newlines kept."""
    return "data: " + text.replace("\n", "\ndata: ") + "\n\n"
