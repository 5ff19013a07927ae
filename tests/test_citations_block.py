"""Sources and notices in the frozen output."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from nbstream.content.blocks import NoticeBlock
from nbstream.content.blocks.citations import CitationsBlock
from nbstream.limits import Limits
from nbstream.rendering.markdown import render_markdown
from nbstream.updates import Citation, Stopped

from .html_tags import Tags


def citations(*updates: Citation, limit: int = 200) -> CitationsBlock:
    block = CitationsBlock(Limits(citations=limit))
    for update in updates:
        block.add(update)
    return block


class Links(HTMLParser):
    """Collect where the links of HTML lead, and their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(attrs))


OSLO = Citation("Oslo", "https://a.example/oslo", "It rains.")


def test_sources_are_numbered() -> None:
    block = citations(OSLO, Citation(url="https://b.example/"), Citation(quote="so"))
    assert block.plain().splitlines() == [
        "Sources:",
        "[1] Oslo https://a.example/oslo",
        "    “It rains.”",
        "[2] https://b.example/",
        "[3] Untitled",
        "    “so”",
    ]
    assert block.markdown().splitlines() == [
        "**Sources**",
        "",
        "1. [Oslo](<https://a.example/oslo>) “It rains.”",
        "2. [https://b.example/](<https://b.example/>)",
        "3. Untitled “so”",
    ]
    assert Links(block.html()).found == [
        {
            "href": url,
            "target": "_blank",
            "rel": "noopener noreferrer nofollow",
        }
        for url in ("https://a.example/oslo", "https://b.example/")
    ]


def test_the_same_words_of_a_source_count_once() -> None:
    other = Citation("Oslo", OSLO.url, "It pours.")
    block = citations(OSLO, other, Citation("Another title", OSLO.url, OSLO.quote))
    assert [entry[2] for entry in block.state()["add"]] == ["It rains.", "It pours."]
    assert block.add(OSLO) == {"add": []}  # and pages receive no update for it


def test_past_the_limit_they_are_counted() -> None:
    block = citations(*[Citation(f"t{n}") for n in range(5)], limit=2)
    assert block.state() == {"add": [["t0", "", ""], ["t1", "", ""]], "more": 3}
    for shown in (block.plain(), block.markdown(), block.html()):
        assert "3 more citations" in shown


def test_an_endless_address_is_no_link() -> None:
    block = citations(Citation("", "https://a.example/" + "x" * 5000))
    assert Links(block.html()).found == []
    assert len(block.html()) < 1000


hostile = st.text(max_size=30) | st.sampled_from(
    [
        "<img src=x onerror=alert(1)>",
        "](javascript:alert(1)) [",
        "x](<javascript:alert(1)>)",
        "\n\n<script>alert(1)</script>",
        "![](https://evil.example/pixel)",
        '" onmouseover="alert(1)',
        "`</ol>`",
    ]
)
addresses = hostile | st.sampled_from(
    [
        "javascript:alert(1)",
        "JaVaScRiPt://a%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "//evil.example",
        " https://a.example",
        "https://a.example/\njavascript:alert(1)",
        "https://a.example/>) ![](https://evil.example/p",
        "https://a.example/\\> x",
    ]
)


@given(hostile, addresses, hostile)
def test_nothing_breaks_out_of_a_source(title: str, url: str, quote: str) -> None:
    block = citations(Citation(title, url, quote))
    own = {"div", "strong", "ol", "li", "a"}
    assert set(Tags(block.html()).tags) <= own
    for html in (block.html(), render_markdown(block.markdown())):
        tags = Tags(html).tags
        assert not {"script", "img"} & set(tags)
        for link in Links(html).found:
            assert (link["href"] or "").startswith(("http://", "https://", "mailto:"))
            assert set(link) <= {"href", "target", "rel"}


@given(hostile)
def test_a_notice_is_a_sentence_and_no_markup(message: str) -> None:
    block = NoticeBlock(Limits())
    block.add(Stopped("refusal", message))
    html = Tags(block.html())
    assert html.tags == ["div"]
    assert block.plain() == f"[{message}]"
    assert not {"script", "img"} & set(Tags(render_markdown(block.markdown())).tags)


def test_a_notice_is_a_note_for_screen_readers() -> None:
    block = NoticeBlock(Limits())
    block.add(Stopped("max_tokens", "It was cut."))
    assert 'role="note"' in block.html()
    assert block.markdown() == "> It was cut."
