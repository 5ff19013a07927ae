"""The markdown grammar: markdown-it's CommonMark with our rules.

The twin is `frontend/src/markdown/grammar.ts`, with the same library and the same
rules. `tests/cases/markdown.json` holds both to the same, so that freezing does not
change the rendering.
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
    """Return a new parser, which treats raw HTML as text."""
    # Imported on demand: only frozen text needs it.
    from markdown_it import MarkdownIt

    # `breaks`, because streams are often plain lines, which markdown would join.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.enable(["table", "strikethrough"])
    for add in (add_math, add_footnotes, add_cjk_emphasis, add_tags, add_links):
        add(parser)
    parser.core.ruler.push("tasks", _tick_tasks)
    return parser


def normalise(text: str) -> str:
    """Return text as both parsers read it. A lone carriage return becomes a space."""
    return text.replace("\r\n", "\n").replace("\r", " ").replace("\0", "\ufffd")


def _tick_tasks(state: StateCore) -> None:
    """Replace the boxes of task lists by characters."""
    for i, token in enumerate(state.tokens):
        if (
            i > 1
            and token.type == "inline"
            and token.children
            and state.tokens[i - 2].type == "list_item_open"
            and (box := _TASKS.get(token.children[0].content[:4]))
        ):
            token.children[0].content = box + token.children[0].content[4:]
