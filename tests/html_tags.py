"""Collect the tags and the text of HTML."""

from __future__ import annotations

from html.parser import HTMLParser


class Tags(HTMLParser):
    """Collect the tags and the text of HTML, as a browser parses it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data
