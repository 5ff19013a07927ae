"""List the events of a stream with every kind of content, for tests of all views."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, expect

ANSWER = (
    "# An answer\n\nWith **bold**, [a link](https://example.org/), `code` and $x_1^2$."
    "\n\n```python\ndef f(x):  # a comment\n    return x + 1 if x else 'no'\n```\n\n"
    "| a | b |\n|---|--:|\n| 1 | 2 |\n\n> quoted\n\n- one\n- [x] two\n"
)

EVERYTHING: list[dict[str, Any]] = [
    {"type": "reasoning", "data": "Let me see"},
    {"type": "content", "data": ANSWER},
    {"type": "tool_call", "id": "1", "name": "find", "arguments": '{"city": "Oslo"}'},
    {"type": "usage", "input_tokens": 20, "output_tokens": 300},
    {"type": "progress", "name": "run", "current": 3, "total": 10, "message": "on"},
    {"type": "progress", "name": "run/epoch", "current": 10, "total": 10},
    {"type": "progress", "name": "waiting", "current": 7},
    *(
        {"type": "metric", "name": name, "step": step, "value": value / step}
        for step in range(1, 9)
        for name, value in (("loss", 2), ("val_loss", 3), ("accuracy", 1))
    ),
    *(
        {"type": "log", "level": level, "message": f"line {n} \x1b[3{n % 8}mcolour"}
        for n, level in enumerate(["debug", "info", "warning", "error"] * 8)
    ),
    *(
        {"type": "item", "data": {"city": city, "people": people}}
        for city, people in (
            ("Oslo", 709037),
            ("Bergen", 285911),
            ("Trondheim", 212660),
        )
    ),
    {"type": "surprise", "deep": {"list": [1, "two", None, True]}},
]
"""Without the error that ends it, so that the views can be inspected."""


def expect_everything(panel: Locator) -> None:
    """Wait until every kind of content is drawn."""
    expect(panel).to_contain_text(f"{len(EVERYTHING)} events")
    expect(panel.get_by_text("Let me see")).to_be_attached()
    expect(panel.get_by_role("heading", name="An answer")).to_be_visible()
    expect(panel.get_by_text("Tool call")).to_be_visible()
    expect(panel.get_by_text("20 tokens in")).to_be_visible()
    expect(panel.get_by_role("progressbar")).to_have_count(3)
    expect(panel.locator("canvas")).to_have_count(2)
    expect(panel.get_by_label("Log lines")).to_contain_text("line 31")
    expect(panel.get_by_role("cell", name="Trondheim")).to_be_visible()
    expect(panel.get_by_text("1 other event")).to_be_visible()
