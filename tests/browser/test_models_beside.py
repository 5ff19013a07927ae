"""Comparing models: a column each, which streams and ends independently."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from nbstream.testing import Answer, FailsMidStream, Gate, ModelServer, Question

from .jupyter import Notebook, panel_text
from .model_notebooks import (
    FIRST,
    Open,
    Serve,
    open_model_notebook,
    wait_for_questions,
    wait_until_closed,
)

ASK_BOTH = "%%stream claude:large openai:small -n both\nWhich is the longest river?"


def answer(asked: Question) -> Answer:
    """Send half an answer, then wait for the gate named like the model."""
    texts = {"large": "The Nile, said large.", "small": "The Amazon, said small."}
    return Answer(texts[asked.model], pause=Gate(asked.model, 2))


def column(notebook: Notebook, title: str) -> Locator:
    """Return the panel of one model, by its accessible name."""
    return notebook.cell(FIRST).get_by_role("region", name=f"Stream {title}")


def begin(open_notebook: Open, server: ModelServer, ask: str = ASK_BOTH) -> Notebook:
    """Send the question to both, and wait for the first half of each answer."""
    notebook = open_model_notebook(open_notebook, server, ask)
    notebook.run(FIRST)
    wait_for_questions(server, 2)
    expect(panel_text(column(notebook, "claude:large"))).to_have_text("The Nile,")
    expect(panel_text(column(notebook, "openai:small"))).to_have_text("The Amazon,")
    return notebook


def assert_ordinary(notebook: Notebook, *texts: str) -> None:
    """Assert that the saved cell has one output, with these texts in each form and no
    widget."""
    saved = notebook.save()
    (output,) = saved.cells[FIRST].outputs
    assert set(output.data) == {"text/plain", "text/markdown", "text/html"}
    for form in output.data.values():
        assert all(text in form for text in texts), form
    assert "widget-view" not in str(saved)


def frozen_output(notebook: Notebook, count: int = 2) -> Locator:
    """Return the frozen output of this many columns, once no panel is there."""
    left = notebook.cell(FIRST).locator(".nbstream-snapshot")
    expect(left).to_have_count(count)
    expect(notebook.panel(FIRST)).to_have_count(0)
    return left


def test_each_has_a_title_and_a_cancel_button(
    open_notebook: Open, model_server: Serve
) -> None:
    """Cancelling one closes its connection, and the other continues to its end."""
    server = model_server(answer)
    notebook = begin(open_notebook, server)
    large, small = column(notebook, "claude:large"), column(notebook, "openai:small")
    for title in ("claude:large", "openai:small"):
        expect(notebook.output(FIRST).get_by_text(title).first).to_be_visible()
    large.get_by_role("button", name="Cancel the stream claude:large").click()
    cancelled = next(q for q in server.questions if q.model == "large")
    wait_until_closed(server, cancelled.number)
    expect(large.get_by_role("status")).to_have_text("Cancelled")
    expect(large.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(panel_text(large)).to_have_text("The Nile,")
    expect(small.get_by_role("status")).to_have_text("Live")
    assert notebook.evaluate("[s.state for s in both]") == "['cancelled', 'live']"

    server.signal("small")
    left = frozen_output(notebook)
    expect(left.nth(0)).to_contain_text("The Nile,")
    expect(left.nth(0)).to_contain_text("Cancelled")
    expect(left.nth(1)).to_contain_text("The Amazon, said small.")
    assert_ordinary(
        notebook, "claude:large", "openai:small", "Nile", "Amazon, said small."
    )


def test_one_fails_and_the_other_finishes(
    open_notebook: Open, model_server: Serve
) -> None:
    def reply(asked: Question) -> Answer | FailsMidStream:
        if asked.model == "small":
            return answer(asked)
        return FailsMidStream(2, answer=Answer("The Nile, said large."))

    server = model_server(reply)
    notebook = begin(open_notebook, server)
    large, small = column(notebook, "claude:large"), column(notebook, "openai:small")
    expect(large.get_by_role("status")).to_have_text("Failed")
    expect(large).to_contain_text("The server is overloaded")
    expect(small.get_by_role("status")).to_have_text("Live")
    server.signal("small")
    left = frozen_output(notebook)
    expect(left.nth(0)).to_contain_text("The server is overloaded")
    expect(left.nth(1)).to_contain_text("The Amazon, said small.")
    assert_ordinary(notebook, "The Nile,", "overloaded", "The Amazon, said small.")
    assert notebook.evaluate("list(both.frame().state)") == "['failed', 'finished']"


def test_they_stack_when_narrow_and_come_back_after_a_reload(
    open_notebook: Open, model_server: Serve
) -> None:
    server = model_server(answer)
    notebook = begin(open_notebook, server)
    large, small = column(notebook, "claude:large"), column(notebook, "openai:small")
    assert are_side_by_side(large, small)
    notebook.page.set_viewport_size({"width": 700, "height": 900})
    notebook.page.wait_for_function(
        """() => {
            const [a, b] = document.querySelectorAll('.nbs-panel');
            return b.getBoundingClientRect().top >= a.getBoundingClientRect().bottom;
        }"""
    )
    notebook.page.set_viewport_size({"width": 1200, "height": 900})

    notebook.save()
    notebook.page.goto("about:blank")
    server.signal("large")
    notebook.page.go_back()
    notebook.wait_for_kernel()
    expect(panel_text(large)).to_have_text("The Nile, said large.")
    expect(large.get_by_role("status")).to_have_text("Finished")
    expect(panel_text(small)).to_have_text("The Amazon,")
    expect(small.get_by_role("status")).to_have_text("Live")
    server.signal("small")
    expect(frozen_output(notebook).nth(1)).to_contain_text("The Amazon, said small.")
    assert_ordinary(notebook, "The Nile, said large.", "The Amazon, said small.")


def test_a_kernel_that_ends_leaves_both_to_be_read(
    open_notebook: Open, model_server: Serve
) -> None:
    """No kernel is left to freeze the output, so the page does."""
    notebook = begin(open_notebook, model_server(answer))
    notebook.shut_kernel_down()
    expect(notebook.output(FIRST)).to_contain_text("The kernel ended", timeout=15_000)
    expect(notebook.panel(FIRST)).to_have_count(0)
    saved = notebook.save()
    (output,) = saved.cells[FIRST].outputs
    for words in ("claude:large", "The Nile,", "openai:small", "The Amazon,"):
        assert words in output.data["text/plain"]
        assert words in output.data["text/html"]
    assert "widget-view" not in str(saved)


def are_side_by_side(one: Locator, other: Locator) -> bool:
    left, right = one.bounding_box(), other.bounding_box()
    assert left and right
    return left["y"] == right["y"] and left["x"] + left["width"] <= right["x"]
