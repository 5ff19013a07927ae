"""What every server here says."""

WORDS = ["Bread", " rises", " in", " **two", " hours**", ".\n\n", "- knead", "\n- wait"]
LOG = (
    "2026-11-27 10:00:00 INFO job started",
    "2026-11-27 10:00:01 WARNING disk slow",
    "2026-11-27 10:00:02 INFO job ended",
)


def event(text: str) -> str:
    """An event of this text, its newlines kept."""
    return "data: " + text.replace("\n", "\ndata: ") + "\n\n"
