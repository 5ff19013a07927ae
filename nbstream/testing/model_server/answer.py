"""What a model server answers, in no vendor's words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...updates import Citation

Stop = Literal["end_turn", "max_tokens", "tool_use", "refusal"]
"""Why an answer ended; each API has its own words for it."""

Kind = Literal["thinking", "text", "tool_call"]
"""What part of an answer something is."""

# A word with the space before it; a very long one is several tokens, as anywhere.
_TOKEN = re.compile(r"\s*\S{1,16}|\s+")


@dataclass(frozen=True, slots=True)
class Pace:
    """Tokens go out at this many a second, from the first on."""

    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class Gate:
    """The answer waits after so many deltas until `server.signal(name)`."""

    name: str
    after: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: first it thinks, then it speaks, then it calls tools.

    It is cut into deltas of a few tokens. A token here is a word, or 16 characters of
    a longer one. An answer that is longer than the request allows is cut off, and
    stops with `max_tokens`.
    """

    text: str = ""
    thinking: str = ""
    tool_calls: Sequence[tuple[str, Mapping[str, Any]]] = ()
    """The name of each tool and what it is called with."""
    citations: Sequence[Citation] = ()
    """The sources of the text. One with a URL is a search result, one without is a
    document that was sent along."""
    stop: Stop | None = None
    """Default `tool_use` if it calls tools, else `end_turn`. Where it is `refusal`,
    the text is what the refusal says."""
    input_tokens: int | None = None
    """Default: the tokens of what was asked."""
    output_tokens: int | None = None
    """Default: the tokens that were sent."""
    cached_tokens: int = 0
    """Of the input, those that came from a cache."""
    tokens: int = 1
    """How many go into one delta."""
    pause: Pace | Gate | Sequence[Pace | Gate] = ()
    """When deltas go out; default all at once."""

    @property
    def pauses(self) -> Sequence[Pace | Gate]:
        """Every pause."""
        return (self.pause,) if isinstance(self.pause, Pace | Gate) else self.pause


@dataclass(frozen=True, slots=True)
class Piece:
    """What one delta carries."""

    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Part:
    """Part of an answer: a kind of content, in pieces."""

    kind: Kind
    pieces: Sequence[Piece]
    complete: bool
    """Whether nothing was cut off."""
    name: str = ""
    """Of the tool."""
    citations: Sequence[Citation] = ()

    @property
    def text(self) -> str:
        """All its pieces together; of a tool call, the JSON of its arguments."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Cut:
    """An answer as far as a request allows it, ready to be told."""

    parts: Sequence[Part]
    stop: Stop
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    thinking_tokens: int

    def of(self, kind: Kind) -> Sequence[Part]:
        """The parts of this kind, in order."""
        return [part for part in self.parts if part.kind == kind]


def cut(answer: Answer, limit: int | None, asked: str) -> Cut:
    """The answer, of which `limit` tokens are allowed, to what was `asked`."""
    parts: list[Part] = []
    used = {"thinking": 0, "text": 0, "tool_call": 0}
    whole = True
    for part in _parts(answer):
        left = None if limit is None else limit - sum(used.values())
        if left == 0 and part.pieces:
            whole = False
            break
        told = part if left is None else _up_to(part, left)
        whole = whole and told.complete
        parts.append(told)
        used[part.kind] += sum(piece.tokens for piece in told.pieces)
    ordinary: Stop = "tool_use" if answer.tool_calls else "end_turn"
    counted = sum(used.values())
    return Cut(
        parts,
        stop=(answer.stop or ordinary) if whole else "max_tokens",
        input_tokens=_either(answer.input_tokens, count_tokens(asked)),
        output_tokens=_either(answer.output_tokens, counted),
        cached_tokens=answer.cached_tokens,
        thinking_tokens=used["thinking"],
    )


def count_tokens(text: str) -> int:
    """How many tokens a text is here."""
    return sum(1 for _ in _TOKEN.finditer(text))


def _parts(answer: Answer) -> Iterator[Part]:
    size = answer.tokens
    if answer.thinking:
        yield Part("thinking", _pieces(answer.thinking, size), True)
    if answer.text or not answer.tool_calls:
        pieces = _pieces(answer.text, size)
        yield Part("text", pieces, True, citations=answer.citations)
    for name, arguments in answer.tool_calls:
        pieces = _pieces(json.dumps(arguments, ensure_ascii=False), size)
        yield Part("tool_call", pieces, True, name)


def _pieces(text: str, size: int) -> list[Piece]:
    tokens = _TOKEN.findall(text)
    cuts = [tokens[at : at + size] for at in range(0, len(tokens), size)]
    return [Piece("".join(some), len(some)) for some in cuts]


def _up_to(part: Part, limit: int) -> Part:
    pieces = []
    for piece in part.pieces:
        if piece.tokens > limit:
            tokens = _TOKEN.findall(piece.text)[:limit]
            pieces += [Piece("".join(tokens), limit)] if tokens else []
            # Sources are told once the words are said that rest on them.
            return Part(part.kind, pieces, complete=False, name=part.name)
        limit -= piece.tokens
        pieces.append(piece)
    return part


def _either(told: int | None, counted: int) -> int:
    return counted if told is None else told
