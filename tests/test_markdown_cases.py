"""The frozen output renders markdown as the page does, by the same cases."""

from __future__ import annotations

import pytest

from nbstream.rendering.markdown import MAX_TEXT, render_markdown

from .markdown_cases import CASES, normalise


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_text_is_rendered_as_in_the_page(case: dict[str, str]) -> None:
    assert normalise(render_markdown(case["text"])) == case["html"]


def test_text_that_is_too_long_to_render_is_normalised_too() -> None:
    html = render_markdown("a\0b\r\n" * MAX_TEXT)
    assert "a\ufffdb\na" in html
