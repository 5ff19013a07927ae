"""List every format by name: ours, one row each, and those of other packages.

Where two formats recognise the same event, the first row wins.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from importlib.metadata import entry_points

from . import (
    ag_ui,
    anthropic,
    cohere,
    dify,
    flowise,
    gemini,
    gradio,
    json_rpc,
    langgraph,
    langserve,
    llamacpp,
    ollama,
    openai,
    replicate,
    tgi,
    vercel,
)
from .base import Format

ENTRY_POINTS = "nbstream.dialects"
"""The group of entry points in which other packages register a `Format`."""

_BUILT_IN = (
    Format("anthropic", anthropic.Anthropic, anthropic.recognises),
    Format("openai", openai.OpenAI, openai.recognises),
    Format("vercel", vercel.VercelUI, vercel.recognises),
    Format("ag-ui", ag_ui.AgUi, ag_ui.recognises),
    Format("json-rpc", json_rpc.JsonRpc, json_rpc.recognises),
    Format("langgraph", langgraph.LangGraph, langgraph.recognises),
    Format("langserve", langserve.LangServe, langserve.recognises),
    Format("dify", dify.Dify, dify.recognises),
    Format("flowise", flowise.Flowise, flowise.recognises),
    Format("gradio", gradio.Gradio, gradio.recognises),
    Format("gemini", gemini.Gemini, gemini.recognises),
    Format("cohere", cohere.Cohere, cohere.recognises),
    Format("ollama", ollama.Ollama, ollama.recognises),
    Format("llamacpp", llamacpp.LlamaCpp, llamacpp.recognises),
    Format("tgi", tgi.TGI, tgi.recognises),
    Format("replicate", replicate.Replicate, replicate.recognises),
)

_log = logging.getLogger("nbstream")


@functools.cache
def formats() -> Sequence[Format]:
    """Return every format, ours first. Entry points are loaded once; one that fails to
    load is logged and left out."""
    found = list(_BUILT_IN)
    known = {format.name for format in found}
    for point in entry_points(group=ENTRY_POINTS):
        try:
            format = point.load()
        except Exception:
            _log.exception("The dialect %r of another package did not load", point.name)
            continue
        if not isinstance(format, Format) or format.name in known:
            _log.error(
                "Expected an nbstream.dialects.Format with a new name at the entry "
                "point %r, got %r",
                point.name,
                format,
            )
            continue
        known.add(format.name)
        found.append(format)
    return tuple(found)
