"""Events that report a stream's failure, and the error messages, in any format."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbstream.dialects import dialect_named
from nbstream.dialects.json.fields import value_of
from nbstream.dialects.parts.common_events import is_heartbeat, read_common
from nbstream.dialects.parts.failures import failure_in
from nbstream.sse import ServerSentEvent
from nbstream.updates import Ending, Failed, Finished, Row, Text

from .vendor_samples import updates_in

INVALID = [
    {"type": "missing", "loc": ["body", "port"], "msg": "Field required"},
    {"type": "int_type", "loc": ["body", "n", 0], "msg": "Input is no integer"},
]
ERRORS: list[tuple[str, Any, str]] = [
    # By the event's name, with any body.
    ("error", "upstream closed", "upstream closed"),
    ("ERROR", "upstream closed", "upstream closed"),
    ("exception", "ValueError: no", "ValueError: no"),
    ("error", "", "the server sent an error without a message"),
    ("error", {}, "the server sent an error without a message"),
    ("error", "null", "the server sent an error without a message"),
    ("error", "42", "42"),
    ("error", '"worker died"', "worker died"),
    ("error", ["worker died", "no spare"], "worker died; no spare"),
    ("error", {"message": "worker died"}, "worker died"),
    ("error", {"detail": "worker died"}, "worker died"),
    ("error", {"data": "worker died"}, "worker died"),
    ("error", {"error": None, "shard": 7}, '{"error": null, "shard": 7}'),
    ("error", {"shard": 7}, '{"shard": 7}'),
    ("message", {"type": "error", "errorText": "gone"}, "gone"),
    ("message", {"type": "exception", "message": "gone"}, "gone"),
    ("message", {"event": "error", "message": "gone", "code": "x"}, "gone"),
    ("message", {"object": "error", "message": "gone", "code": 40}, "gone"),
    # By their fields.
    ("message", {"error": "CUDA out of memory"}, "CUDA out of memory"),
    ("message", {"error": "bad", "x_1": 5, "x_2": "y"}, "bad"),
    ("message", {"error": {"message": "no such voice"}}, "no such voice"),
    ("message", {"error": {"code": 7}}, '{"error": {"code": 7}}'),
    ("message", {"error": {"message": "bad"}, "a": 1, "b": 2, "c": 3}, "bad"),
    ("message", {"error": ["a is wrong", {"message": "b too"}]}, "a is wrong; b too"),
    ("message", {"error": True, "message": "out of disk"}, "out of disk"),
    (
        "message",
        {"error": "Input is long", "error_type": "too_long"},
        "Input is long",
    ),
    ("message", {"error_type": "overrun", "message": "bad"}, "bad"),
    ("message", {"error_type": "overrun"}, '{"error_type": "overrun"}'),
    ("message", {"error": "Bad Request", "message": "no n"}, "Bad Request: no n"),
    (
        "message",
        {"error": "invalid", "error_description": "no n"},
        "invalid: no n",
    ),
    ("message", {"errors": [{"message": "a"}, {"message": "b"}]}, "a; b"),
    ("message", {"errors": ["a", "b"]}, "a; b"),
    ("message", {"errors": {"port": ["too high", "odd"]}}, "port: too high; odd"),
    ("message", {"detail": "No such job: 7"}, "No such job: 7"),
    (
        "message",
        {"detail": INVALID},
        "body.port: Field required; body.n.0: Input is no integer",
    ),
    ("message", {"detail": "Expired.", "code": "token_not_valid"}, "Expired."),
    ("message", {"status": "error", "message": "gone"}, "gone"),
    ("message", {"type": "about:blank", "title": "gone", "code": 418}, "gone"),
    ("message", {"data": {"error": "gone"}}, "gone"),
    ("message", {"id": "r", "message": {"error": {"message": "gone"}}}, "gone"),
    ("message", {"success": False, "message": "gone"}, "gone"),
    (
        "message",
        {"jsonrpc": "2.0", "id": 3, "error": {"code": -32601, "message": "none"}},
        "none",
    ),
]


def event_of(name: str, value: Any) -> ServerSentEvent:
    data = value if isinstance(value, str) else json.dumps(value)
    return ServerSentEvent(event=name, data=data)


@pytest.mark.parametrize(("name", "value", "message"), ERRORS)
def test_an_error_fails_in_the_servers_words(
    name: str, value: Any, message: str
) -> None:
    event = event_of(name, value)
    assert failure_in(event, value_of(event.data)) == Failed(message)


@pytest.mark.parametrize(("name", "value", "message"), ERRORS)
@pytest.mark.parametrize("dialect", ["standard", "openai", "anthropic"])
def test_it_does_in_every_dialect_and_in_the_middle(
    dialect: str, name: str, value: Any, message: str
) -> None:
    first = {
        "standard": {"type": "content", "data": "Half"},
        "openai": {"choices": [{"index": 0, "delta": {"content": "Half"}}]},
        "anthropic": {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": "Half"},
        },
    }
    reader = dialect_named(dialect)
    assert list(updates_in(reader, event_of("message", first[dialect]))) == [
        Text("Half")
    ]
    *_, failed = updates_in(reader, event_of(name, value))
    assert isinstance(failed, Failed)
    if not message.startswith(("{", "the server")):  # each has its own placeholder
        assert message.rstrip(".") in failed.message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"error": {"type": "rate_limit_error", "message": "Slow down"}},
            "The rate limit is reached (rate_limit_error): Slow down. Wait a while, "
            "then try again.",
        ),
        (
            {"title": "Down", "status": 503, "detail": "Back at noon.", "x": 1},
            "The server is overloaded (503): Back at noon. Try again in a while.",
        ),
        (
            {"error": "no key", "code": 401},
            "The server did not accept the key (401): no key. Check which key is set.",
        ),
    ],
)
def test_a_known_class_has_advice(value: Any, message: str) -> None:
    assert failure_in(event_of("message", value), value) == Failed(message)


@pytest.mark.parametrize(
    "value",
    [
        {"error": None, "token": "All"},
        {"error": False},
        {"error": True},
        {"error": ""},
        {"error": "none"},
        {"error": {}},
        {"error": []},
        {"error": {"message": None, "code": 0}},
        {"error": 0.25, "step": 3},
        {"error": {"train": 0.25, "test": 0.5}},
        {"errors": 0},
        {"errors": [0.5, 0.25]},
        {"errors": []},
        {"error_type": None},
        {"error_type": ""},
        # A row with a column of errors.
        {"url": "a.example", "size": 7, "title": "A", "words": 3, "error": "timeout"},
        # A log's record, and a step that has details.
        {"level": "error", "msg": "no reply", "error": "dial tcp: refused", "ts": 1.5},
        {"step": "load", "detail": "shard 3 of 7"},
        {"type": "progress", "detail": "shard 3 of 7"},
        {"detail": "fine", "status": 200},
        {"status": "error", "job": "a", "message": "gone"},
        {"success": True, "message": "well"},
        # An answer continues where one of its tools fails.
        {"type": "tool_result", "error": "no such file"},
        {"type": "tool-output-error", "errorText": "no such file"},
        "error",
        7,
        [{"x": 1}, {"error": "x"}],
        None,
    ],
)
def test_what_only_looks_like_one_is_none(value: Any) -> None:
    assert failure_in(event_of("message", json.dumps(value)), value) is None


def test_geminis_list_of_one_error() -> None:
    value = [{"error": {"message": "no such voice"}}]
    assert failure_in(event_of("message", value), value) == Failed("no such voice")


def test_a_column_of_the_rows_before_is_no_error() -> None:
    value = {"url": "b.example", "error": "timeout"}
    event = event_of("message", value)
    assert failure_in(event, value) == Failed("timeout")
    assert failure_in(event, value, {"url", "error"}) is None
    assert failure_in(event, {"detail": "x"}, {"detail"}) is None


@pytest.mark.parametrize(
    "data", [": ping", ":keepalive", ": ping - 2026-11-27 10:00:01"]
)
def test_a_comment_as_data_is_a_heartbeat(data: str) -> None:
    assert is_heartbeat(ServerSentEvent(data=data))


@pytest.mark.parametrize("data", [":", ": ", ": see", ":-)", ": ping pong tables"])
def test_a_colon_is_text(data: str) -> None:
    assert not is_heartbeat(ServerSentEvent(data=data))


def test_what_begins_like_a_comment_is_not_looked_at_for_long() -> None:
    """A pattern that took the square of its blanks would take minutes."""
    assert not is_heartbeat(ServerSentEvent(data=f": ping - 1{' ' * 1_000_000}!"))


def test_the_close_of_a_day_is_no_end() -> None:
    close = {"type": "close", "price": 7.5}
    assert read_common(event_of("message", close), close) is None
    bare = {"type": "close"}
    assert read_common(event_of("message", bare), bare)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("message", '"[DONE]"'),
        ("end", "null"),
        ("message", {"event": "end"}),
        ("message", {"event": "done", "data": {}}),
    ],
)
def test_an_end_in_other_forms(name: str, value: Any) -> None:
    event = event_of(name, value)
    [end] = read_common(event, value_of(event.data)) or ()
    assert isinstance(end, Ending | Finished)


def test_an_end_named_in_the_object_carries_its_data() -> None:
    end = {"event": "end", "data": {"path": "model.pt"}}
    updates = read_common(event_of("message", end), end)
    assert updates == (Row({"path": "model.pt"}), Ending())


def test_a_ping_may_be_named_in_the_object() -> None:
    ping = {"event": "ping", "ts": 3}
    assert read_common(event_of("message", ping), ping) == ()
    fields = {"event": "end", "of": "a race", "laps": 3}
    assert read_common(event_of("message", fields), fields) is None
