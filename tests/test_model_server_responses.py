"""The model server's Responses API with OpenAI's own SDK as its client."""

from __future__ import annotations

import json

import pytest

from nbstream.testing import (
    Answer,
    Citation,
    StartModelServer,
)

from .openai_sdk import RESPONSE_REQUEST, client_of, events_of, response_of

pytestmark = pytest.mark.anyio


async def test_response_events_come_in_the_documented_order(
    model_server: StartModelServer,
) -> None:
    answer = Answer("Yes.", thinking="Hm.", tool_calls=[("time", {})])
    events = await events_of(model_server(answer))
    item = ("response.output_item.added", "response.output_item.done")
    summary = "response.reasoning_summary_text"
    assert [event.type for event in events] == [
        "response.created",
        "response.in_progress",
        item[0],
        "response.reasoning_summary_part.added",
        *(f"{summary}.delta", f"{summary}.done"),
        "response.reasoning_summary_part.done",
        item[1],
        item[0],
        "response.content_part.added",
        *("response.output_text.delta", "response.output_text.done"),
        "response.content_part.done",
        item[1],
        item[0],
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        item[1],
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    # Items are empty when they open and whole when they close.
    assert events[8].item.content == []
    assert events[13].item.content[0].text == "Yes."


async def test_response_is_the_sum_of_its_stream(
    model_server: StartModelServer,
) -> None:
    page = Citation("Weather", "https://w.example/paris", "sunny")
    calls = [("weather", {"city": "Paris"}), ("time", {})]
    answer = Answer(
        "It is sunny.",
        thinking="Is it?",
        tool_calls=calls,
        citations=[page, Citation("notes.txt", quote="sunny")],
        input_tokens=9,
        cached_tokens=4,
    )
    response = await response_of(model_server(answer))
    assert response.status == "completed"
    assert response.output_text == "It is sunny."
    thought, said, *called = response.output
    assert thought.summary[0].text == "Is it?"
    page_cited, file_cited = said.content[0].annotations
    assert (page_cited.type, page_cited.url) == ("url_citation", page.url)
    assert (file_cited.type, file_cited.filename) == ("file_citation", "notes.txt")
    assert [(call.name, json.loads(call.arguments)) for call in called] == calls
    usage = response.usage
    assert (usage.input_tokens, usage.input_tokens_details.cached_tokens) == (9, 4)
    assert usage.output_tokens_details.reasoning_tokens == 2
    assert usage.total_tokens == 9 + usage.output_tokens


async def test_response_is_incomplete_where_it_is_cut(
    model_server: StartModelServer,
) -> None:
    server = model_server(Answer("one two three"))
    *_, last = await events_of(server, max_output_tokens=2)
    assert last.type == "response.incomplete"
    response = last.response
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.output_text == "one two"


async def test_response_refusal_is_a_separate_part(
    model_server: StartModelServer,
) -> None:
    response = await response_of(model_server(Answer("I will not.", stop="refusal")))
    assert response.output[0].content[0].refusal == "I will not."


async def test_response_may_be_requested_without_streaming(
    model_server: StartModelServer,
) -> None:
    server = model_server(Answer("It is sunny.", thinking="Is it?"))
    async with client_of(server) as client:
        at_once = await client.responses.create(
            **RESPONSE_REQUEST, instructions="Be brief."
        )
    assert at_once.output_text == "It is sunny."
    assert server.questions[0].system == "Be brief."
    assert server.questions[0].prompt == RESPONSE_REQUEST["input"]
