"""A model's answer at a plain URL: sources, notices and lost events, in a real page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from ..channel_server import Source
from .jupyter import Notebook

Open = Callable[..., Notebook]

MESSAGE = {"id": "m", "role": "assistant", "content": [], "usage": {"input_tokens": 9}}


def delta(kind: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": kind, **fields},
    }


def source_of(title: str, url: str, quote: str) -> dict[str, Any]:
    cited = {"type": "web_search_result_location", "title": title, "url": url}
    return delta("citations_delta", citation={**cited, "cited_text": quote})


def test_sources_are_below_an_answer_and_a_truncated_one_has_a_notice(
    open_notebook: Open, source: Source
) -> None:
    """Live and frozen. The server sends usage first and sources in the middle; the
    panel shows both below the answer, and links only web addresses."""
    notebook = open_notebook(f"%stream {source.url}/answer --retries 0")
    notebook.run(1)
    panel = notebook.panel(1)
    source.send(
        "/answer",
        {"type": "message_start", "message": MESSAGE},
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "text", "text": ""},
        },
        delta("text_delta", text="It rains"),
        source_of("Oslo <b>today</b>", "https://weather.example/oslo", "Rain & wind"),
        source_of("Trap", "javascript:alert(1)", ""),
        delta("text_delta", text=" in Oslo."),
    )
    expect(panel.get_by_text("It rains in Oslo.")).to_be_visible()
    sources = panel.get_by_role("region", name="Sources")
    expect(sources.get_by_role("listitem")).to_have_count(2)
    link = sources.get_by_role("link", name="Oslo <b>today</b>")
    expect(link).to_have_attribute("href", "https://weather.example/oslo")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(sources.get_by_role("link")).to_have_count(1)
    expect(sources.get_by_text("Rain & wind")).to_be_visible()

    source.send(
        "/answer",
        {
            "type": "message_delta",
            "delta": {"stop_reason": "max_tokens"},
            "usage": {"output_tokens": 4},
        },
    )
    expect(panel.get_by_role("note")).to_contain_text("limit of output tokens")
    shown = panel.locator(".nbs-content").inner_text()
    order = ["It rains", "was cut", "Sources", "9 tokens in"]
    assert sorted(order, key=shown.index) == order

    source.send("/answer", {"type": "message_stop"})
    frozen = notebook.wait_frozen(1)
    shown = frozen.inner_text()
    order = ["It rains", "was cut", "Sources", "Tokens:"]
    assert sorted(order, key=shown.index) == order
    expect(frozen.get_by_role("link")).to_have_count(1)
    expect(frozen.get_by_role("link")).to_have_attribute(
        "href", "https://weather.example/oslo"
    )


def test_the_status_line_shows_how_many_events_a_server_lost(
    open_notebook: Open, source: Source
) -> None:
    notebook = open_notebook(f"%stream {source.url}/gap")
    notebook.run(1)
    panel = notebook.panel(1)
    source.send("/gap", {"type": "gap"})
    expect(panel.get_by_text("gap: some events lost")).to_be_visible()
    source.send("/gap", {"type": "gap", "lost": 1200})
    expect(panel.get_by_text("gap: at least 1,200 lost")).to_be_visible()
