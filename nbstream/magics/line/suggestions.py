"""Suggest what was meant by a slip: "did you mean"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from ...models import VENDORS, parse_vendor


def find_closest(word: str, names: Iterable[str]) -> str | None:
    """Return the name that is closest to a word; None if none is close."""
    names = list(names)
    near = get_close_matches(word.lower(), names, 1, cutoff=0.75)
    if near:
        return near[0]
    longer = [name for name in names if len(word) > 3 and name.startswith(word)]
    return longer[0] if len(longer) == 1 else None


# Servers that speak OpenAI's format: where, and the variable that usually holds the
# key. Addresses are from each vendor's page on compatibility with OpenAI.
_SERVERS = {
    "ollama": ("http://localhost:11434/v1", ""),
    "lmstudio": ("http://localhost:1234/v1", ""),
    "vllm": ("http://localhost:8000/v1", ""),
    "llama.cpp": ("http://localhost:8080/v1", ""),
    "gemini": (
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "GEMINI_API_KEY",
    ),
    "mistral": ("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "deepseek": ("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    "groq": ("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "openrouter": ("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "together": ("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "xai": ("https://api.x.ai/v1", "XAI_API_KEY"),
}
_ALIASES = {
    "anthropic": "claude",
    "gpt": "openai",
    "chatgpt": "openai",
    "google": "gemini",
    "grok": "xai",
    "llamacpp": "llama.cpp",
    "llama-server": "llama.cpp",
    "lm-studio": "lmstudio",
}
# Whose models are called so, by how their names begin; the first that fits.
_MODELS = (
    (re.compile(r"claude-|(?:opus|sonnet|haiku)\b"), "claude"),
    (re.compile(r"gpt-oss|(?:llama|qwen|gemma|phi|mixtral)[-\d.:]"), "ollama"),
    (re.compile(r"deepseek-r|mistral:(?:\d|latest)"), "ollama"),
    (re.compile(r"gpt-|chatgpt-|codex-|o\d(?:-|$)"), "openai"),
    (re.compile(r"gemini-"), "gemini"),
    (re.compile(r"grok-"), "xai"),
    (re.compile(r"deepseek-"), "deepseek"),
    (re.compile(r"(?:mistral|magistral|codestral)-"), "mistral"),
)
_PORT = r":\d{2,5}"
_LOCAL = r"(?:localhost|\[::1\]|\d{1,3}(?:\.\d{1,3}){3})"
_LOCAL_HOST = re.compile(rf"{_LOCAL}(?:{_PORT})?(?:/\S*)?|[\w-]+{_PORT}(?:/\S*)?")
_HOST = re.compile(rf"[\w-]+(?:\.[\w-]+)+(?:{_PORT}(?:/\S*)?|/\S*)")
_HALF_SCHEME = re.compile(r"(https?):/?(?=[\w\[])")


def suggest_source(words: Sequence[str]) -> str | None:
    """Return what to type instead of words that are not a source; None if nothing is
    close to them.

    Args:
        words: of the line, without its options.
    """
    if not words:
        return None
    first, *more = words
    named = parse_vendor(first)
    if named is not None:
        wrong = [word for word in more if parse_vendor(word) is None]
        if len(wrong) == 1 and (model := _guess_model(wrong[0])) is not None:
            return _did_you_mean(wrong[0], model)
        return suggest_prompt_below(first) if wrong else None
    if (address := _guess_address(first)) is not None:
        return _did_you_mean(first, address)
    if (model := _guess_model(first)) is not None:
        return _did_you_mean(first, f"%%stream {model}")
    return None


def suggest_prompt_below(model: str) -> str:
    """Return what to type instead of a prompt in the line."""
    return (
        "Expected the prompt in the cell's body, not in its line: type "
        f"%%stream {model}, and the prompt below it."
    )


def _did_you_mean(typed: str, meant: str) -> str:
    return (
        f"Expected a URL, a model or something to iterate, got {typed}. "
        f"Did you mean: {meant}"
    )


def _guess_address(word: str) -> str | None:
    """Return the URL of a word that lacks its scheme, or the slashes after it."""
    if word.startswith("//") and len(word) > 2:
        return f"https:{word}"
    if half := _HALF_SCHEME.match(word):
        return f"{half[1]}://{word[half.end() :]}"
    if _LOCAL_HOST.fullmatch(word):
        return f"http://{word}"
    return f"https://{word}" if _HOST.fullmatch(word) else None


def _guess_model(word: str) -> str | None:
    """Return how to type the model that a word means, with the options it needs."""
    for pattern, owner in _MODELS:
        if pattern.match(word.lower()):
            nickname = owner == "claude" and not word.lower().startswith("claude")
            return _spell_model(owner, "" if nickname else word)
    vendor, _, model = word.partition(":")
    known = [*VENDORS, *_SERVERS, *_ALIASES]
    near = get_close_matches(vendor.lower(), known, 1, cutoff=0.8)
    return _spell_model(_ALIASES.get(near[0], near[0]), model) if near else None


def _spell_model(owner: str, model: str) -> str:
    if owner not in _SERVERS:
        if owner == "openai" and not model:
            return "openai:MODEL"
        return f"{owner}:{model}" if model else owner
    url, key = _SERVERS[owner]
    key_env = f" --key-env {key}" if key else ""
    return f"openai:{model or 'MODEL'} --base-url {url}{key_env}"
