"""What `%stream` and `%streams` can be told."""

from __future__ import annotations

import argparse
import json
import math
from typing import Any, NoReturn

from .dialects import LENSES, dialect_names

EXAMPLES = """\
examples:
  %stream https://host/events            follow a server
  %%stream https://host/chat             POST the cell's body to it
  %%stream claude                        the body is the prompt
  %%stream claude:MODEL openai:MODEL     one prompt, side by side
  %%stream                               the body is Python: what it yields
  %stream my_iterator                    anything iterable
A {name} in the line or body stands for the variable of that name."""


class Parser(argparse.ArgumentParser):
    """Reads the words of a magic's line; raises ValueError where it cannot."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(
            prog,
            description=description,
            epilog=EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            add_help=False,
        )

    def error(self, message: str) -> NoReturn:
        """Raise, where a program would exit."""
        raise ValueError(message)


def stream_parser() -> Parser:
    """The options of `%stream`."""
    parser = Parser("%stream", "Follow a live stream under this cell.")
    add = parser.add_argument
    add("source", nargs="*", help="a URL, replay:FILE, or something to iterate")
    add("--help", action="store_true", help="show this")
    add("-n", "--name", metavar="VAR", help="bind the stream's handle to VAR")
    add("-X", "--request", metavar="METHOD", help="the HTTP method")
    add("-H", "--header", action="append", default=[], metavar="'NAME: VALUE'")
    add("-d", "--data", action="append", metavar="DATA", help="the body, or @FILE")
    add("--json", metavar="DATA", help="the body, sent as JSON, or @FILE")
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
    add("--dialect", choices=dialect_names(), help="what the events mean")
    add("--view", choices=["auto", *sorted(LENSES)], help="what to show it as")
    add("--retries", type=int, metavar="N", help="tries in a row that may fail")
    add("--idle-timeout", type=float, metavar="SECONDS", help="longest silence")
    add("--max-time", type=seconds, metavar="SECONDS", help="stop after this long")
    _add_models(parser)
    return parser


def _add_models(parser: Parser) -> None:
    add = parser.add_argument_group("asking a model").add_argument
    add("-m", "--model", metavar="MODEL", help="which; %%config has the defaults")
    add("--system", metavar="TEXT", help="what the model is told beforehand")
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
    add("--api", choices=["chat", "responses"], help="which of OpenAI's formats")
    add("--base-url", metavar="URL", help="of the server")
    add("--key-env", metavar="NAME", help="the environment variable with the key")


def speed(word: str) -> float:
    """How many times as fast: a number, or `instant`."""
    return math.inf if word == "instant" else float(word)


def seconds(word: str) -> float:
    """A time that can pass."""
    value = float(word)
    if not 0 < value < math.inf:
        raise ValueError
    return value


def count(word: str) -> int:
    """A number of things, at least one."""
    value = int(word)
    if value < 1:
        raise ValueError
    return value


def param(word: str) -> dict[str, Any]:
    """`a.b=value` as an object."""
    key, equals, text = word.partition("=")
    if not equals or not all(key.split(".")):
        raise ValueError
    value: Any
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    for part in reversed(key.split(".")):
        value = {part: value}
    nested: dict[str, Any] = value
    return nested


def streams_parser() -> Parser:
    """The words of `%streams`."""
    parser = Parser("%streams", "List this kernel's streams.")
    add = parser.add_argument
    add("action", nargs="?", choices=["cancel", "show", "wait", "chat"])
    add("name", nargs="?", help="a stream's name, or all; or a conversation's")
    add("what", nargs="?", choices=["show", "clear", "export"])
    add("file", nargs="?", help="to export to; otherwise it is printed")
    return parser
