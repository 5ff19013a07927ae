"""Frozen text: rendered as markdown, and nothing in it runs or loads."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from nbstream.content.blocks import TextBlock
from nbstream.limits import Limits
from nbstream.updates import Text

from .injection_payloads import STRINGS

ALLOWED = re.compile(
    "p|br|hr|h[1-6]|ul|ol|li|blockquote|table|thead|tbody|tr|th|td|div|pre|code|span|a"
    "|em|strong|s|sub|sup"
)
ATTRIBUTES = {"class", "style", "href", "target", "rel", "title", "start", "dir"}


def block(*texts: str, limit: int = 1_000_000) -> TextBlock:
    made = TextBlock(Limits(text=limit))
    for text in texts:
        made.add(Text(text))
    return made


class Checker(HTMLParser):
    """Fail at anything that could run or load; count the tags."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert ALLOWED.fullmatch(tag), tag
        self.tags.append(tag)
        for name, value in attrs:
            assert name in ATTRIBUTES, name
            if name == "href":
                assert re.match(r"https?://|mailto:", value or "", re.IGNORECASE), value
            if name == "style":
                assert "url" not in (value or ""), value


def tags_of(html: str) -> list[str]:
    checker = Checker()
    checker.feed(html)
    checker.close()
    return checker.tags


def test_markdown_is_rendered() -> None:
    html = block(
        "# Ti", "tle\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n\n- x\n- [x] y\n"
    ).html()
    assert "<h1>Title</h1>" in html
    assert '<td style="text-align:center">2</td>' in html
    assert "<li>x</li>" in html
    assert "<li>☑ y</li>" in html
    tags_of(html)


def test_lines_stay_lines() -> None:
    """Many streams are plain lines, which markdown alone would run together."""
    assert "one<br />\ntwo" in block("one\ntwo").html()


def test_code_is_coloured_and_named() -> None:
    html = block('```python\ndef f(x):\n    return "<b>"\n```').html()
    assert '<code class="language-python"' in html
    assert re.search(r"<span style=[^>]*keyword[^>]*>def</span>", html)
    assert "&lt;b&gt;" in html
    tags_of(html)
    assert "<span" not in block("```brainfuck\n+++\n```").html()


def test_an_unclosed_fence_ends_with_the_text() -> None:
    assert "<pre" in block("```python\nx = 1").html()


def test_links_open_in_a_new_tab_and_images_are_links() -> None:
    html = block("see https://a.b/c_d_e, ![a cat](https://evil.example/c.png)").html()
    apart = 'target="_blank" rel="noopener noreferrer"'
    assert f'<a href="https://a.b/c_d_e" {apart}>https://a.b/c_d_e</a>,' in html
    assert f"{apart}>image: a cat (evil.example)</a>" in html
    nested = block("[![badge](https://a.b/c.svg)](https://d.e)").html()
    assert tags_of(nested).count("a") == 1


def test_only_math_is_marked_for_the_typesetter() -> None:
    """MathJax would take two amounts of dollars for a formula."""
    html = block("$5 and $6, but $x_1$ and\n\n$$\na\n- b\n$$\n").html()
    assert html.startswith('<div class="nbstream-text mathjax_ignore')
    assert html.count("mathjax_process") == 2
    assert "$5 and $6" in html
    assert ">$x_1$</span>" in html
    assert "$$\na\n- b\n$$</p>" in html


@pytest.mark.parametrize("text", STRINGS)
def test_nothing_hostile_comes_through(text: str) -> None:
    """Neither in the HTML, nor where a host renders the markdown with all that it
    allows."""
    for made in (block(text), block(text, "\n\nand more"), block("- in a list ", text)):
        tags_of(made.html())
        host = MarkdownIt("commonmark", {"html": True}).enable("table")
        host.validateLink = lambda url: True  # type: ignore[method-assign]
        assert not re.search(
            r"<(?!(?:/|a )?)(?:img|script|svg|style|iframe|math|b )",
            host.render(made.markdown()),
        )
        for token in host.parse(made.markdown()):
            kinds = {token.type, *(child.type for child in token.children or [])}
            assert not kinds & {"image", "html_block", "html_inline"}, made.markdown()


def test_markdown_is_otherwise_the_text() -> None:
    """Code is unchanged."""
    text = "# T\n\n*a* `x<b>![c](d)` 1 < 2 <https://a.b>\n\n```html\n<p>![x](y)\n```"
    assert block(text).markdown() == text
    assert block("a <b> ![x](https://y.z)").markdown() == (
        "a &lt;b> [image: x](https://y.z)"
    )


def test_a_fence_does_not_swallow_what_follows() -> None:
    """The note that a stream was cancelled comes after its text."""
    assert block("so:\n```python\nx = 1").markdown().endswith("x = 1\n```")
    assert block("````\n```\n").markdown().endswith("```\n````")
    assert block("```\nx\n```").markdown() == "```\nx\n```"


def test_plain_is_the_text() -> None:
    assert block("**a** <b>").plain() == "**a** <b>"


def test_dropped_text_is_reported() -> None:
    made = block("x" * 90, "y" * 20, limit=100)
    for shown in (made.plain(), made.markdown(), made.html()):
        assert "characters before this" in shown


def test_long_text_freezes_as_it_was_written() -> None:
    made = block("**a** ![x](https://evil.example) <b>\n" * 10_000)
    assert "<strong>" not in made.html()
    assert "<b>" not in made.html()
    assert "![x]" not in made.markdown()
    assert "<b>" not in made.markdown()


@pytest.mark.parametrize(
    "text",
    ["> " * 20_000, "[" * 20_000, "*a " * 10_000, "\\[\n" * 10_000, "$$\n" * 10_000,
     "`a" * 5_000, "- " * 5_000, "![" * 5_000, "<a" * 10_000, "```\n" * 5_000],
)  # fmt: skip
def test_long_random_text_is_rendered_too(text: str) -> None:
    tags_of(block(text).html())
    assert block(text).markdown()
