"""The registry of vendors: one file and one row each."""

from __future__ import annotations

from . import claude, openai
from .base import Vendor

VENDORS: dict[str, Vendor] = {
    "claude": Vendor(claude.source, "anthropic"),
    "openai": Vendor(openai.source, "openai"),
}
"""Every vendor by the word that a cell names it with."""


def parse_vendor(word: str) -> tuple[str, str] | None:
    """Return the vendor and the model that a word such as `claude` or `openai:MODEL`
    names, the model empty for the default one; None for any other word."""
    vendor, _, model = word.partition(":")
    if vendor not in VENDORS or model.startswith("//"):
        return None
    return vendor, model
