"""Gradio's streams."""

from .dialect import Gradio, recognises

__all__ = ["Gradio", "recognises"]
