"""What `%stream` and `%streams` can be told."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from IPython.core.error import UsageError

from ..content.projections import PROJECTIONS
from ..dialects import dialect_names
from ..dialects.json.field_path import FieldPath
from ..models import parse_vendor
from ..text.sizes import parse_size
from .curl_options import add_curl_options
from .suggestions import closest, suggest_prompt_below
from .words import join_continued, split

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

STREAMS_EXAMPLES = """\
examples:
  %streams                    list them
  %streams cancel NAME        end one; all ends every one
  %streams show NAME          show one here, too
  %streams wait NAME          wait for its end
  %streams chat               list the conversations
  %streams chat NAME export FILE"""


class Parser(argparse.ArgumentParser):
    """Reads the words of a magic's line."""

    def __init__(self, prog: str, description: str, examples: str) -> None:
        super().__init__(
            prog,
            description=description,
            epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            add_help=False,
        )

    def error(self, message: str) -> NoReturn:
        """Raise, where a program would exit."""
        raise ValueError(message)

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """Return what the words say.

        Raises:
            UsageError: if they cannot be read; with the usage, unless it is known what
                was meant.
        """
        try:
            options, unknown = self.parse_known_intermixed_args(words)
        except ValueError as error:
            raise UsageError(f"{error}\n{self.one_line()}") from None
        known = [
            name
            for action in self._actions
            if action.help != argparse.SUPPRESS
            for name in action.option_strings
        ]
        for word in unknown:
            if word.startswith("--") and (meant := closest(_name_in(word), known)):
                raise UsageError(f"{self.prog} has no {word}. Did you mean: {meant}")
        if unknown:
            told = f"unrecognized arguments: {' '.join(unknown)}"
            raise UsageError(f"{told}\n{self.one_line()}")
        return options

    def one_line(self) -> str:
        """Return the usage, unbroken."""
        return " ".join(self.format_usage().split())


def read_stream(line: str, cell: str = "") -> tuple[argparse.Namespace, str]:
    """Return the options of `%stream`, which may be those of a pasted curl command, and
    what is left of the cell below a line that goes on there.

    Raises:
        UsageError: if the line cannot be read.
    """
    line, cell = join_continued(line, cell)
    first = line.split()[:1]
    pasted = first == ["curl"] and bool(line.split()[1:])
    parser = stream_parser(pasted=pasted)
    try:
        words = split(line)
    except ValueError as error:
        if first and parse_vendor(first[0]) is not None:
            raise UsageError(suggest_prompt_below(first[0])) from None
        raise UsageError(f"{error}\n{parser.one_line()}") from None
    options = parser.read(words[1:] if pasted else words)
    if options.source[:1] == ["curl"] and len(options.source) > 1:
        del options.source[0]  # after options of ours
    return options, cell


def read_streams(line: str) -> argparse.Namespace:
    """Return what the words of `%streams` say.

    Raises:
        UsageError: if the line cannot be read.
    """
    parser = streams_parser()
    try:
        words = split(line)
    except ValueError as error:
        raise UsageError(f"{error}\n{parser.one_line()}") from None
    return parser.read(words)


def one_of(what: str, names: Sequence[str]) -> Callable[[str], str]:
    """Return a reader of a word that is one of several; a slip is told what it is
    close to."""

    def read(word: str) -> str:
        if word in names:
            return word
        if meant := closest(word, names):
            raise UsageError(f"There is no {what} {word}. Did you mean: {meant}")
        choices = ", ".join(names)
        raise argparse.ArgumentTypeError(
            f"invalid choice: {word!r} (choose from {choices})"
        )

    return read


def _name_in(word: str) -> str:
    return word.partition("=")[0]


def _one_of(what: str, names: Sequence[str]) -> dict[str, Any]:
    """Return what an argument takes that is one of several words."""
    return {"type": one_of(what, names), "metavar": f"{{{','.join(names)}}}"}


def stream_parser(*, pasted: bool = False) -> Parser:
    """The options of `%stream`. `pasted`: a curl command follows, whose `-m` is not the
    model's."""
    parser = Parser("%stream", "Follow a live stream under this cell.", EXAMPLES)
    add = parser.add_argument
    add("source", nargs="*", help="a URL, replay:FILE, or something to iterate")
    add("--help", action="store_true", help="show this")
    add("-n", "--name", metavar="VAR", help="bind the stream's handle to VAR")
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
    add("--dialect", **_one_of("dialect", dialect_names()), help="what the events mean")
    views = ["auto", *sorted(PROJECTIONS)]
    add("--view", **_one_of("view", views), help="what to show it as")
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
    _add_models(parser, pasted=pasted)
    return parser


def _add_models(parser: Parser, *, pasted: bool) -> None:
    add = parser.add_argument_group("asking a model").add_argument
    model = ("--model",) if pasted else ("-m", "--model")
    add(*model, metavar="MODEL", help="which; %%config has the defaults")
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
    add(
        "--api",
        **_one_of("format", ["chat", "responses"]),
        help="which of OpenAI's formats",
    )
    add("--base-url", metavar="URL", help="of the server")


def field(word: str) -> str:
    """A path to a value in each event."""
    FieldPath(word)
    return word


def speed(word: str) -> float:
    """How many times as fast: a number, or `instant`."""
    return math.inf if word == "instant" else float(word)


def seconds(word: str) -> float:
    """A time that can pass."""
    value = float(word)
    if not 0 < value < math.inf:
        raise ValueError
    return value


def size(word: str) -> int:
    """A size in characters, such as 4M."""
    return parse_size(word)


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
    parser = Parser("%streams", "List this kernel's streams.", STREAMS_EXAMPLES)
    add = parser.add_argument
    actions = ["cancel", "show", "wait", "chat"]
    add("action", nargs="?", **_one_of("%streams", actions))
    add("name", nargs="?", help="a stream's name, or all; or a conversation's")
    add("what", nargs="?", **_one_of("%streams chat NAME", ["show", "clear", "export"]))
    add("file", nargs="?", help="to export to; otherwise it is printed")
    add("--help", action="store_true", help="show this")
    return parser
