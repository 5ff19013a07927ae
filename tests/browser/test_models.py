"""A model queried from a cell, in a real page: its reasoning, text, tool calls and
citations."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from nbstream.testing import Answer, Citation, Gate

from .jupyter import panel_text
from .model_notebooks import (
    FIRST,
    Open,
    Serve,
    open_model_notebook,
    wait_for_questions,
    wait_until_closed,
)


def test_an_answer_has_reasoning_text_and_a_tool_call(
    open_notebook: Open, model_server: Serve
) -> None:
    """Reasoning is folded and live, a call's arguments are laid out while half
    received, and the tokens are an estimate until the server counts them."""
    server = model_server(
        Answer(
            "It rains in Oslo.",
            thinking="They ask about the weather.",
            tool_calls=[("forecast", {"city": "Oslo", "days": 3})],
            citations=[Citation("Oslo today", "https://weather.example/oslo", "Rain")],
            input_tokens=1200,
            pause=[Gate("think", 3), Gate("speak", 7), Gate("call", 11)],
        )
    )
    notebook = open_model_notebook(
        open_notebook, server, "%%stream claude -n s --thinking 1024\nAnd the weather?"
    )
    notebook.run(FIRST)
    panel = notebook.panel(FIRST)
    expect(panel.get_by_role("status")).to_have_text("Live")
    thought = panel.get_by_role("group", name="Reasoning")
    expect(panel.get_by_text("Thinking…")).to_be_visible()
    expect(thought).to_be_hidden()
    panel.get_by_text("Thinking…").click()
    expect(thought).to_have_text("They ask about")
    tokens = panel.get_by_text("1,200 tokens in")
    expect(tokens).to_contain_text(re.compile(r"· ≈ \d tokens? out"))

    server.signal("think")
    expect(thought).to_have_text("They ask about the weather.")
    expect(panel.get_by_text("Thought")).to_be_visible()
    expect(panel.get_by_text("Thinking…")).to_be_hidden()
    expect(panel_text(panel)).to_have_text("It rains")
    expect(panel.get_by_text("first token after")).to_be_visible()

    server.signal("speak")
    expect(panel_text(panel)).to_have_text("It rains in Oslo.")
    sources = panel.get_by_role("region", name="Sources")
    expect(sources.get_by_role("link", name="Oslo today")).to_be_visible()
    arguments = panel.get_by_role("group", name="Arguments")
    expect(arguments).to_be_hidden()
    panel.get_by_text("Tool call").click()
    expect(arguments).to_have_text('{ "city": "Oslo",')
    assert arguments.inner_text() == '{\n  "city": "Oslo",'

    server.signal("call")
    frozen = notebook.wait_frozen(FIRST)
    expect(frozen.get_by_text("Reasoning (27 characters)")).to_be_visible()
    expect(frozen.get_by_text("It rains in Oslo.")).to_be_visible()
    expect(frozen.get_by_role("link", name="Oslo today")).to_be_visible()
    expect(
        frozen.get_by_text("Tokens: 1,200 in, 13 out, 5 of them reasoning")
    ).to_be_visible()
    frozen.get_by_text("Tool call").click()
    assert '{\n  "city": "Oslo",\n  "days": 3\n}' in frozen.inner_text()
    assert notebook.evaluate("s.tool_calls[0]['arguments']['days']") == "3"


def test_cancel_stops_the_bill(open_notebook: Open, model_server: Serve) -> None:
    """The server sees the connection close; the text so far stays."""
    answer = Answer("So far so good, and on it goes.", pause=Gate("never", 4))
    server = model_server(answer)
    notebook = open_model_notebook(
        open_notebook,
        server,
        "%%stream claude\nGo on.",
        "%%stream openai:small --api responses\nGo on.",
    )
    for number, index in enumerate((FIRST, FIRST + 1)):
        notebook.run(index)
        panel = notebook.panel(index)
        expect(panel_text(panel)).to_have_text("So far so good,")
        panel.get_by_role("button", name="Cancel the stream").click()
        wait_until_closed(server, number)
        frozen = notebook.wait_frozen(index)
        expect(frozen.get_by_text("So far so good,")).to_be_visible()
        expect(frozen.get_by_text("Cancelled")).to_be_visible()
        expect(frozen.get_by_text("Tokens:")).to_contain_text("≈ 3 out")
    assert "widget-view" not in str(notebook.save())


def test_a_conversation_over_two_cells(
    open_notebook: Open, model_server: Serve
) -> None:
    """The second cell continues the conversation of the first; run again, the first is
    sent without what came after it."""
    server = model_server(lambda asked: Answer(f"You said: {asked.prompt}"))
    notebook = open_model_notebook(
        open_notebook,
        server,
        'city = "Oslo"',
        "%%stream claude --chat trip --system 'Be brief.'\nI go to {city}.",
        "%%stream openai:small --chat trip\nWhat shall I take?",
        "%streams chat trip",
    )
    notebook.run(FIRST)
    notebook.run(FIRST + 1)
    expect(notebook.wait_frozen(FIRST + 1)).to_contain_text("You said: I go to Oslo.")
    notebook.run(FIRST + 2)
    expect(notebook.wait_frozen(FIRST + 2)).to_contain_text("You said: What shall I")
    wait_for_questions(server, 2)
    assert [m["content"] for m in server.questions[1].messages] == [
        "Be brief.",
        "I go to Oslo.",
        "You said: I go to Oslo.",
        "What shall I take?",
    ]
    notebook.run(FIRST + 3)
    shown = notebook.output(FIRST + 3)
    expect(shown.get_by_text("I go to Oslo.", exact=True)).to_be_visible()
    expect(shown.get_by_text("You said: What shall I take?")).to_be_visible()
    expect(shown.get_by_text("openai:small")).to_be_visible()

    notebook.run(FIRST + 1)
    wait_for_questions(server, 3)
    assert [m["content"] for m in server.questions[2].messages] == ["I go to Oslo."]
