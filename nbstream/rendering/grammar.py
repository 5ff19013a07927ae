"""What text means as markdown: the library's CommonMark, and our rules.

The twin is `frontend/src/markdown/grammar.ts`, with the same library and the same
rules; `tests/cases/markdown.json` holds both to the same, or freezing would change what
is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .rules.emphasis import add_cjk_emphasis
from .rules.footnotes import add_footnotes
from .rules.links import add_links
from .rules.math import add_math
from .rules.tags import add_tags

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore

_TASKS = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}


def new_parser() -> MarkdownIt:
    """Make a parser; raw HTML is text to it."""
    # Only when the first text freezes: importing the package needs none of it.
    from markdown_it import MarkdownIt

    # Streams are often plain lines; markdown alone would run them together.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.enable(["table", "strikethrough"])
    for add in (add_math, add_footnotes, add_cjk_emphasis, add_tags, add_links):
        add(parser)
    parser.core.ruler.push("tasks", _tick_tasks)
    return parser


def normalise(text: str) -> str:
    """The text as both parsers read it: a carriage return alone is no new line."""
    return text.replace("\r\n", "\n").replace("\r", " ").replace("\0", "\ufffd")


def _tick_tasks(state: StateCore) -> None:
    """Write the boxes of tasks as characters."""
    for i, token in enumerate(state.tokens):
        if (
            i > 1
            and token.type == "inline"
            and token.children
            and state.tokens[i - 2].type == "list_item_open"
            and (box := _TASKS.get(token.children[0].content[:4]))
        ):
            token.children[0].content = box + token.children[0].content[4:]
