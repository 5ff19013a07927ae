"""Markdown that the page and the frozen output read the same: texts and their HTML.

`frontend/test/markdown_cases.test.ts` reads the same cases and normalises alike. What
differs by design is taken out: attributes other than `href`, `title`, `start`, the
language of code and the alignment of cells; `div` and `span`, which are boxes, scrolled
parts and colours; how quotes are escaped; and the line's end after code. Formulas that
are typeset become `<math>`.
"""

from __future__ import annotations

import json
import re
from html import escape, unescape
from pathlib import Path

_FILE = Path(__file__).with_name("cases") / "markdown.json"

CASES: list[dict[str, str]] = json.loads(_FILE.read_text("utf-8"))
"""Each has a `name`, a `text` and its `html`, normalised."""

_MATH = re.compile(r'<(p|span) class="[^"]*math[^"]*">([^<]*)</\1>')
_KEPT = re.compile(r' (?:(?:href|title|start)="[^"]*"|class="language-[^"]*")')
_ALIGN = re.compile(r"text-align:(center|right)")
_ELEMENT = re.compile(r"<(\w+)((?: [\w-]+=\"[^\"]*\")*)( /)?>")


def normalise(html: str) -> str:
    """Return HTML without what the page and the frozen output may write differently."""
    html = _MATH.sub(r"<math>\2</math>", html)
    html = re.sub(r"</?(?:div|span)\b[^>]*>", "", html)
    html = _ELEMENT.sub(_with_kept_attributes, html)
    html = re.sub(r"\n*</code></pre>", "</code></pre>", html)
    html = re.sub(r"(?<=>)[^<>]+", lambda words: _escape(words[0]), html)
    return re.sub(r">\n+<", ">\n<", html).strip()


def _with_kept_attributes(element: re.Match[str]) -> str:
    name, attributes, end = element.groups(default="")
    align = _ALIGN.search(attributes)
    kept = "".join(_KEPT.findall(attributes))
    aligned = f' align="{align[1]}"' if align else ""
    return f"<{name}{kept}{aligned}{end}>"


def _escape(words: str) -> str:
    return escape(unescape(words), quote=False)
