"""OpenAI's formats: Chat Completions, Completions and Responses."""

from .dialect import OpenAI, recognises

__all__ = ["OpenAI", "recognises"]
