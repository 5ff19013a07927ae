"""The options of `%stream` and `%streams`, and what a line gives of them."""

from __future__ import annotations

import argparse
import functools
import os
import re
from collections.abc import Sequence

from IPython.core.error import UsageError

from ...content.projections import VIEWS
from ...dialects import dialect_names
from ...models import parse_vendor
from .curl_options import add_curl_options
from .line_parser import (
    LineParser,
    choice,
    count,
    field,
    param,
    seconds,
    size,
    speed,
    variable,
)
from .options import ModelWords, RequestWords, StreamLine, StreamsLine
from .suggestions import suggest_prompt_below
from .words import Word, join_continued

EXAMPLES = """\
examples:
  %stream https://host/events            follow a server
  %%stream https://host/chat             POST the cell's body to it
  %%stream claude                        the body is the prompt
  %%stream claude:MODEL openai:MODEL     one prompt, side by side
  %%stream                               the body is Python: what it yields
  %stream my_iterator                    anything iterable
  %stream curl -N -H 'X-Key: {key}' URL  a curl command, as it is copied
A {name} in the line or body stands for the variable of that name."""

_STREAMS_EXAMPLES = """\
examples:
  %streams                    list them
  %streams cancel NAME        end one; all ends every one
  %streams show NAME          show one here, too
  %streams wait NAME          wait for its end
  %streams chat               list the conversations
  %streams chat NAME export FILE"""

_ONLY_FOR_URLS = (
    "request", "header", "data", "json", "get", "user", "cookie", "user_agent",
    "referer", "proxy", "cacert", "insecure", "header_from", "speed", "dialect",
    "field", "follow",
)  # fmt: skip
_ONLY_FOR_MODELS = (
    "model", "system", "max_tokens", "temperature", "thinking", "json_schema", "param",
    "chat", "api", "base_url",
)  # fmt: skip
# `$NAME` and `${NAME}`, which a line has the environment's values of.
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")
# Parsed lines that are kept: those of the cell that runs. Whether a cell waits is read
# from them before it runs, and each magic call needs them again.
_KEPT = 16


def read_stream(line: str, cell: str = "") -> StreamLine:
    """Return what the line of `%stream` gives; it may be a pasted curl command, and go
    on in the cell below it.

    Raises:
        UsageError: if the line cannot be read.
    """
    return _parse_stream(line, cell, _environment_of(line, cell))


def _environment_of(*texts: str) -> tuple[tuple[str, str | None], ...]:
    """Return the variables that texts may name, with their values now: a cell may set
    one before its magic is called."""
    names = {name for text in texts for name in _VARIABLE.findall(text)}
    return tuple((name, os.environ.get(name)) for name in sorted(names))


@functools.lru_cache(_KEPT)
def _parse_stream(
    line: str, cell: str, environment: tuple[tuple[str, str | None], ...]
) -> StreamLine:
    line, body = join_continued(line, cell)
    first = line.split()[:1]
    pasted = first == ["curl"] and bool(line.split()[1:])
    parser = stream_parser(pasted=pasted)
    try:
        words = parser.split(line)
    except UsageError:
        if first and parse_vendor(first[0]) is not None:
            raise UsageError(suggest_prompt_below(first[0])) from None
        raise
    found = parser.read(words[1:] if pasted else words)
    source: Sequence[Word] = found.source
    if source[:1] == ["curl"] and len(source) > 1:
        source = source[1:]  # after options of ours
    return StreamLine(
        source=tuple(source),
        body=body,
        help=found.help,
        name=found.name,
        wait=found.wait,
        thread=found.thread,
        record=found.record,
        speed=found.speed,
        dialect=found.dialect,
        view=found.view,
        field=found.field,
        max_time=found.max_time,
        max_event_size=found.max_event_size,
        request=RequestWords(
            request=found.request,
            header=tuple(found.header),
            data=tuple(found.data or ()),
            json=tuple(found.json or ()),
            get=bool(found.get),
            user=found.user,
            cookie=tuple(found.cookie or ()),
            user_agent=found.user_agent,
            referer=found.referer,
            proxy=found.proxy,
            cacert=found.cacert,
            insecure=bool(found.insecure),
            header_from=found.header_from,
            key_env=found.key_env,
            retries=found.retries,
            follow=found.follow,
            idle_timeout=found.idle_timeout,
        ),
        model=ModelWords(
            model=found.model,
            system=found.system or "",
            max_tokens=found.max_tokens,
            temperature=found.temperature,
            thinking=found.thinking,
            json_schema=found.json_schema,
            param=tuple(found.param),
            chat=found.chat,
            api=found.api,
            base_url=found.base_url,
        ),
        only_for_urls=_given(found, parser, _ONLY_FOR_URLS),
        only_for_models=_given(found, parser, _ONLY_FOR_MODELS),
    )


def _given(
    found: argparse.Namespace, parser: LineParser, names: Sequence[str]
) -> tuple[str, ...]:
    return tuple(
        parser.option_of(name)
        for name in names
        if getattr(found, name) not in (None, [])
    )


def read_streams(line: str) -> StreamsLine:
    """Return what the line of `%streams` gives.

    Raises:
        UsageError: if the line cannot be read.
    """
    parser = streams_parser()
    found = parser.read(parser.split(line))
    return StreamsLine(
        action=found.action,
        name=found.name,
        chat_action=found.what,
        file=found.file,
        help=found.help,
    )


def stream_parser(*, pasted: bool = False) -> LineParser:
    """Return the parser of `%stream`.

    Args:
        pasted: whether a curl command follows, whose `-m` is not the model's.
    """
    parser = LineParser("%stream", "Follow a live stream under this cell.", EXAMPLES)
    add = parser.add_argument
    add("source", nargs="*", help="a URL, replay:FILE, or something to iterate")
    add("--help", action="store_true", help="show this")
    add(
        "-n",
        "--name",
        type=variable,
        metavar="VAR",
        help="bind the stream's handle to VAR",
    )
    waiting = parser.add_mutually_exclusive_group()
    waiting.add_argument(
        "--wait", action="store_true", default=None, help="end the cell with the stream"
    )
    waiting.add_argument(
        "--background", dest="wait", action="store_false", help="end the cell at once"
    )
    add(
        "--thread",
        action="store_true",
        default=None,
        help="run beside the kernel's loop, so that it goes on while a cell computes",
    )
    add("--record", metavar="FILE", help="write each event to FILE")
    add("--speed", type=speed, metavar="N", help="of a replay: times, or instant")
    add("--dialect", **choice("dialect", dialect_names()), help="what the events mean")
    add("--view", **choice("view", VIEWS), help="what to show it as")
    add(
        "--field",
        type=field,
        metavar="PATH",
        help="what to show of each event: a.b.0.c",
    )
    add(
        "--follow",
        action="store_true",
        default=None,
        help="connect again whenever the server ends the stream",
    )
    add("--retries", type=int, metavar="N", help="tries in a row that may fail")
    add("--idle-timeout", type=float, metavar="SECONDS", help="longest silence")
    long = ("-m", "--max-time") if pasted else ("--max-time",)
    add(*long, type=seconds, metavar="SECONDS", help="stop after this long")
    add(
        "--max-event-size",
        type=size,
        metavar="SIZE",
        help="parse events of up to so much; larger ones are shown cut",
    )
    add_curl_options(parser)
    add(
        "--header-from",
        metavar="FUNCTION",
        help="what returns headers, called at each connect",
    )
    add(
        "--key-env",
        metavar="NAME",
        help="the environment variable with the key: a model's, or a bearer token",
    )
    _add_model_options(parser, pasted=pasted)
    return parser


def _add_model_options(parser: LineParser, *, pasted: bool) -> None:
    add = parser.add_argument_group("asking a model").add_argument
    model = ("--model",) if pasted else ("-m", "--model")
    add(*model, metavar="MODEL", help="which; %%config has the defaults")
    add("--system", metavar="TEXT", help="instructions before the conversation")
    add("--max-tokens", type=count, metavar="N", help="the longest answer")
    add("--temperature", type=float, metavar="T")
    add("--thinking", type=count, metavar="N", help="tokens to think before answering")
    add("--json-schema", metavar="NAME", help="a JSON schema, or a pydantic model")
    add(
        "--param",
        action="append",
        default=[],
        type=param,
        metavar="KEY=VALUE",
        help="more of the request; KEY may be a.b, VALUE is JSON or text",
    )
    add(
        "--chat",
        metavar="NAME",
        help="go on with the conversation of this name; the cell waits for the answer",
    )
    add(
        "--api",
        **choice("format", ["chat", "responses"]),
        help="which of OpenAI's formats",
    )
    add("--base-url", metavar="URL", help="of the server")


def streams_parser() -> LineParser:
    """Return the parser of `%streams`."""
    parser = LineParser("%streams", "List this kernel's streams.", _STREAMS_EXAMPLES)
    add = parser.add_argument
    actions = ["cancel", "show", "wait", "chat"]
    add("action", nargs="?", **choice("%streams", actions))
    add("name", nargs="?", help="a stream's name, or all; or a conversation's")
    add("what", nargs="?", **choice("%streams chat NAME", ["show", "clear", "export"]))
    add("file", nargs="?", help="to export to; otherwise it is printed")
    add("--help", action="store_true", help="show this")
    return parser
