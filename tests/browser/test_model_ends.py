"""Every way a model's answer can end: a sentence for each, below the text so far."""

from __future__ import annotations

from playwright.sync_api import expect

from nbstream.testing import (
    Answer,
    FailsMidStream,
    Overloaded,
    RateLimited,
    Stalls,
    Unauthorized,
)

from .model_notebooks import FIRST, Open, Serve, open_model_notebook

ANSWER = Answer("The answer to this is that it depends.")

ENDS = [
    (
        "claude",
        FailsMidStream(3, answer=ANSWER),
        ["The answer to", "The server is overloaded", "Try again in a while."],
    ),
    (
        "openai:small",
        FailsMidStream(3, kind="rate_limited", answer=ANSWER),
        ["The answer to", "The rate limit is reached", "Wait a while"],
    ),
    (
        "claude",
        Answer("I would rather not.", stop="refusal"),
        ["I would rather not.", "The model declined to answer."],
    ),
    (
        "openai:small --max-tokens 4",
        ANSWER,
        ["The answer to this", "The answer was cut", "more with --max-tokens."],
    ),
    (
        "claude --max-time 3",
        Stalls(3, answer=ANSWER),
        ["The answer to", "Stopped after 3 s, as --max-time asks."],
    ),
    (
        "claude",
        Unauthorized(),
        ["Failed", "x-api-key", "Is the key in ANTHROPIC_API_KEY right?"],
    ),
]
"""The line, the server's reply, and the texts shown, in this order."""


def test_every_end_is_a_sentence_below_the_text_so_far(
    open_notebook: Open, model_server: Serve
) -> None:
    server = model_server(*(reply for _, reply, _ in ENDS))
    cells = [f"%%stream {line}\nWell?" for line, _, _ in ENDS]
    notebook = open_model_notebook(open_notebook, server, *cells)
    for index, (_, _, sentences) in enumerate(ENDS, FIRST):
        notebook.run(index)
        shown = notebook.wait_frozen(index)
        for words in sentences:
            expect(shown).to_contain_text(words)
        text = shown.inner_text()
        assert sorted(sentences, key=text.index) == sentences


def test_the_panel_shows_the_wait_for_a_rate_limit(
    open_notebook: Open, model_server: Serve
) -> None:
    """The panel shows why nothing arrives and until when, and can be cancelled; a
    server that is only overloaded for a moment is retried."""
    server = model_server(RateLimited(retry_after=600), Overloaded(), ANSWER)
    notebook = open_model_notebook(
        open_notebook, server, "%%stream claude\nWell?", "%%stream claude\nNow?"
    )
    notebook.run(FIRST)
    panel = notebook.panel(FIRST)
    expect(panel.get_by_role("status")).to_contain_text("rate limit is reached")
    expect(panel.get_by_text("trying again in")).to_be_visible()
    panel.get_by_role("button", name="Cancel the stream").click()
    expect(notebook.wait_frozen(FIRST)).to_contain_text("Cancelled")
    assert len(server.questions) == 1

    notebook.run(FIRST + 1)
    expect(notebook.wait_frozen(FIRST + 1)).to_contain_text("it depends.")
    assert [asked.prompt for asked in server.questions] == ["Well?", "Now?", "Now?"]
