"""A parser of a magic's words, and readers of single words."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Sequence
from keyword import iskeyword
from typing import Any, NoReturn

from IPython.core.error import UsageError

from ...dialects.json.field_path import FieldPath
from ...text.sizes import parse_size
from .suggestions import find_closest
from .words import split


class LineParser(argparse.ArgumentParser):
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

    def split(self, line: str) -> Sequence[str]:
        """Return the words of a line.

        Raises:
            UsageError: if a quote is not closed.
        """
        try:
            return split(line)
        except ValueError as error:
            raise UsageError(f"{error}\n{self.one_line()}") from None

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
            if not word.startswith("--"):
                continue
            if meant := find_closest(word.partition("=")[0], known):
                raise UsageError(f"{self.prog} has no {word}. Did you mean: {meant}")
        if unknown:
            message = f"unrecognized arguments: {' '.join(unknown)}"
            raise UsageError(f"{message}\n{self.one_line()}")
        return options

    def option_of(self, name: str) -> str:
        """Return how the option is typed whose value has this name."""
        return next(a.option_strings[0] for a in self._actions if a.dest == name)

    def one_line(self) -> str:
        """Return the usage, unbroken."""
        return " ".join(self.format_usage().split())


def choice(what: str, names: Sequence[str]) -> dict[str, Any]:
    """Return the settings of an argument that is one of several words."""
    return {"type": _read_one_of(what, names), "metavar": f"{{{','.join(names)}}}"}


def _read_one_of(what: str, names: Sequence[str]) -> Callable[[str], str]:
    """Return a reader of a word that is one of several, which suggests the closest."""

    def read(word: str) -> str:
        if word in names:
            return word
        if meant := find_closest(word, names):
            raise UsageError(f"There is no {what} {word}. Did you mean: {meant}")
        choices = ", ".join(names)
        raise argparse.ArgumentTypeError(
            f"invalid choice: {word!r} (choose from {choices})"
        )

    return read


# argparse's messages name these functions: "invalid speed value". So they are nouns.


def variable(word: str) -> str:
    """Read the name of a variable."""
    if not word.isidentifier() or iskeyword(word):
        raise UsageError(f"Expected a variable's name after -n, got {word!r}")
    return word


def field(word: str) -> str:
    """Read a path to a value in each event."""
    FieldPath(word)
    return word


def speed(word: str) -> float:
    """Read how many times as fast: a number, or `instant`."""
    return math.inf if word == "instant" else float(word)


def seconds(word: str) -> float:
    """Read a time above 0."""
    value = float(word)
    if not 0 < value < math.inf:
        raise ValueError
    return value


def size(word: str) -> int:
    """Read a size in characters, such as 4M."""
    return parse_size(word)


def count(word: str) -> int:
    """Read a number of things, at least one."""
    value = int(word)
    if value < 1:
        raise ValueError
    return value


def param(word: str) -> dict[str, Any]:
    """Read `a.b=value` as an object."""
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
