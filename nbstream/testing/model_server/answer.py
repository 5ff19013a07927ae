"""The answers of a model server, independent of a vendor's format."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...updates import Citation

StopReason = Literal["end_turn", "max_tokens", "tool_use", "refusal"]
"""Why an answer ended; each API has its own names for it."""

PartKind = Literal["thinking", "text", "tool_call"]
"""The kind of content of a part."""

# A word with the space before it; a longer one is several tokens.
_TOKEN = re.compile(r"\s*\S{1,16}|\s+")


@dataclass(frozen=True, slots=True)
class Pace:
    """Send this many tokens a second, from the first on."""

    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class Gate:
    """Wait after this many deltas until `server.signal(name)`."""

    name: str
    after: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: reasoning, then text, then tool calls.

    It is split into deltas of `tokens` tokens. A token here is a word, or 16
    characters of a longer one. An answer that is longer than the request allows is
    truncated, and stops with `max_tokens`.
    """

    text: str = ""
    thinking: str = ""
    tool_calls: Sequence[tuple[str, Mapping[str, Any]]] = ()
    """The name and the arguments of each call."""
    citations: Sequence[Citation] = ()
    """The sources of the text: with a URL a search result, without one a document of
    the request."""
    stop: StopReason | None = None
    """Default `tool_use` if there are tool calls, else `end_turn`. With `refusal`, the
    text is the refusal's."""
    input_tokens: int | None = None
    """Default: the tokens of the question."""
    output_tokens: int | None = None
    """Default: the tokens that are sent."""
    cached_tokens: int = 0
    """Input tokens read from a cache."""
    tokens: int = 1
    """Tokens in one delta."""
    pause: Pace | Gate | Sequence[Pace | Gate] = ()
    """When deltas are sent; default all at once."""

    @property
    def pauses(self) -> Sequence[Pace | Gate]:
        """Every pause, as a sequence."""
        return (self.pause,) if isinstance(self.pause, Pace | Gate) else self.pause


@dataclass(frozen=True, slots=True)
class Delta:
    """The text of one delta, and its number of tokens."""

    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an answer: one kind of content, in deltas."""

    kind: PartKind
    deltas: Sequence[Delta]
    complete: bool
    """False if it was truncated."""
    name: str = ""
    """The tool's name, of a tool call."""
    citations: Sequence[Citation] = ()

    @property
    def text(self) -> str:
        """The text of all deltas; of a tool call, the JSON of its arguments."""
        return "".join(delta.text for delta in self.deltas)


@dataclass(frozen=True, slots=True)
class TokenizedAnswer:
    """An answer split into parts and deltas, truncated to the request's limit."""

    parts: Sequence[Part]
    stop: StopReason
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    thinking_tokens: int

    def parts_of(self, kind: PartKind) -> Sequence[Part]:
        """Return the parts of this kind, in order."""
        return [part for part in self.parts if part.kind == kind]


def tokenize(answer: Answer, limit: int | None, question: str) -> TokenizedAnswer:
    """Split an answer into parts and deltas, and truncate it.

    Args:
        answer: the answer.
        limit: the tokens it may have; None for any number.
        question: the text of the question, to count its tokens.
    """
    parts: list[Part] = []
    used = {"thinking": 0, "text": 0, "tool_call": 0}
    complete = True
    for part in _split(answer):
        left = None if limit is None else limit - sum(used.values())
        if left == 0 and part.deltas:
            complete = False
            break
        kept = part if left is None else _truncate(part, left)
        complete = complete and kept.complete
        parts.append(kept)
        used[part.kind] += sum(delta.tokens for delta in kept.deltas)
    default: StopReason = "tool_use" if answer.tool_calls else "end_turn"
    input_tokens, output_tokens = answer.input_tokens, answer.output_tokens
    return TokenizedAnswer(
        parts,
        stop=(answer.stop or default) if complete else "max_tokens",
        input_tokens=count_tokens(question) if input_tokens is None else input_tokens,
        output_tokens=sum(used.values()) if output_tokens is None else output_tokens,
        cached_tokens=answer.cached_tokens,
        thinking_tokens=used["thinking"],
    )


def count_tokens(text: str) -> int:
    """Return the number of tokens in a text, as counted here."""
    return sum(1 for _ in _TOKEN.finditer(text))


def _split(answer: Answer) -> Iterator[Part]:
    size = answer.tokens
    if answer.thinking:
        yield Part("thinking", _split_deltas(answer.thinking, size), True)
    if answer.text or not answer.tool_calls:
        deltas = _split_deltas(answer.text, size)
        yield Part("text", deltas, True, citations=answer.citations)
    for name, arguments in answer.tool_calls:
        deltas = _split_deltas(json.dumps(arguments, ensure_ascii=False), size)
        yield Part("tool_call", deltas, True, name)


def _split_deltas(text: str, size: int) -> list[Delta]:
    tokens = _TOKEN.findall(text)
    chunks = [tokens[at : at + size] for at in range(0, len(tokens), size)]
    return [Delta("".join(chunk), len(chunk)) for chunk in chunks]


def _truncate(part: Part, limit: int) -> Part:
    deltas = []
    for delta in part.deltas:
        if delta.tokens > limit:
            tokens = _TOKEN.findall(delta.text)[:limit]
            deltas += [Delta("".join(tokens), limit)] if tokens else []
            # Citations follow the whole text, so a truncated part has none.
            return Part(part.kind, deltas, complete=False, name=part.name)
        limit -= delta.tokens
        deltas.append(delta)
    return part
