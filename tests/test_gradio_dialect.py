"""Gradio: what each sample means, of a call and of the queue."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.dialects import dialect_named
from nbstream.dialects.json.patch import apply_diff, is_diff
from nbstream.sse import ServerSentEvent
from nbstream.updates import (
    Ending,
    Failed,
    Finished,
    LogLine,
    Progress,
    Raw,
    Row,
    Stopped,
    Text,
    Update,
)

from .format_claims import MEASURES, event_of, formats_of
from .vendor_samples import events_of, known, read, updates_in

MEANING: dict[str, list[Update]] = {
    "call": [Text("The tide"), Text(" turns"), Text(" at noon."), Finished()],
    # The first text is streamed; of the other outputs, the last values are shown.
    "values": [
        Text("Half"),
        Text("\n\nNearly"),
        Text(" done"),
        Row(
            {
                "path": "/tmp/3.png",
                "url": "https://space.example/3.png",
                "meta": {"_type": "gradio.FileData"},
            }
        ),
        Text("\n\n1.5"),
        Row({"sky": "grey", "wind": 3}),
        Finished(),
    ],
    "error": [
        Text("Half"),
        Failed(
            "the server sent an error without a message; Gradio hides it unless it is "
            "started with show_error=True"
        ),
    ],
    "queue": [
        Progress("queue", message="place 2 of 2"),
        Progress("queue", percent=100.0),
        Progress("", 1, 4, 25.0, "Loading"),
        LogLine("half way", "warning"),
        Text("The tide"),
        Text(" turns"),
        Text("."),
        Ending(),
        Finished(),
    ],
    "chat": [Text("Gr"), Text("ey"), Text("."), Ending(), Finished()],
    "queue_error": [Failed("division by zero"), Finished()],
}


@pytest.mark.parametrize("name", MEANING)
def test_a_sample_has_the_documented_meaning(name: str) -> None:
    assert known(read(events_of(f"gradio/{name}"), "gradio")) == MEANING[name]


def test_a_call_that_breaks_off_shows_its_last_values() -> None:
    reader = dialect_named("gradio")
    first = event_of([0.25, {"sky": "grey"}], "generating")
    assert reader.read(first) == [Raw("generating", first.data)]
    reader.read(event_of([0.5, {"sky": "blue"}], "generating"))
    number, row, cut = reader.end()
    assert (number, row) == (Text("0.5"), Row({"sky": "blue"}))
    assert isinstance(cut, Stopped)
    assert "may be cut" in cut.message


def test_a_result_alone_is_shown_and_not_the_end_for_sure() -> None:
    """A function that yields nothing has one event, of a name that others use too."""
    assert read([event_of(["Noon."], "complete")], "gradio") == [
        Text("Noon."),
        Ending(),
    ]


@pytest.mark.parametrize(
    ("before", "diff", "after"),
    [
        ("The", [["append", [], " tide"]], "The tide"),
        ("The", [["replace", [], "A"]], "A"),
        (["a"], [["add", [1], "b"]], ["a", "b"]),
        (["a", "b"], [["delete", [0], None]], ["b"]),
        ({"a": [{"b": "x"}]}, [["append", ["a", 0, "b"], "y"]], {"a": [{"b": "xy"}]}),
        ({"a": 1}, [["replace", ["a"], 2], ["add", ["c"], 3]], {"a": 2, "c": 3}),
        # Diffs that do not apply are skipped.
        (["a"], [["replace", [5], "b"], ["delete", ["x"], None]], ["a"]),
        ("a", [["append", ["x"], "b"]], "a"),
        (7, [["append", [], "b"]], 7),
    ],
)
def test_changes_are_made(before: object, diff: list[object], after: object) -> None:
    assert is_diff(diff)
    assert apply_diff(before, diff) == after


@pytest.mark.parametrize("value", ["a", ["append"], [["move", [], 1]], [["add", 0, 1]]])
def test_what_only_looks_like_changes_is_a_value(value: object) -> None:
    assert not is_diff(value)


@pytest.mark.parametrize("value", MEASURES)
def test_home_made_json_is_not_claimed(value: object) -> None:
    assert "gradio" not in formats_of(event_of(value))


@pytest.mark.parametrize(
    "value",
    [{"ok": True}, {"msg": "done"}, [], [{"name": "a"}], "Noon.", 7, None],
)
@pytest.mark.parametrize("event", ["complete", "generating", "heartbeat", "error"])
def test_an_end_event_that_other_formats_share_is_not_claimed(
    value: object, event: str
) -> None:
    assert "gradio" not in formats_of(event_of(value, event))


PIECES = st.sampled_from(["", " a", "b", "\u20ac"])
CHANGES = st.one_of(
    st.tuples(st.just("append"), st.just([1, "content"]), PIECES),
    st.tuples(st.just("replace"), st.just([1, "content"]), PIECES),
    st.tuples(st.just("append"), st.just([0, "content"]), PIECES),
)


@given(st.lists(st.lists(CHANGES, max_size=4), max_size=8))
def test_changes_mean_what_the_whole_value_after_each_would(
    diffs: list[list[tuple[object, ...]]],
) -> None:
    """Words that are only appended take a shorter way."""

    def event(*outputs: object) -> ServerSentEvent:
        output = {"data": [*outputs]}
        return event_of(
            {"msg": "process_generating", "event_id": "e", "output": output}
        )

    value = [{"role": r, "content": "x"} for r in ("user", "assistant")]
    by_changes, by_values = dialect_named("gradio"), dialect_named("gradio")
    assert by_changes.read(event(value, 1)) == updates_in(by_values, event(value, 1))
    for diff in diffs:
        changes = [list(change) for change in diff]
        value = apply_diff(copy.deepcopy(value), changes)
        actual, expected = (
            "".join(u.text for u in updates if isinstance(u, Text))
            for updates in (
                updates_in(by_changes, event(changes, [])),
                updates_in(by_values, event(value, 1)),
            )
        )
        assert actual == expected
    assert by_changes.end() == by_values.end()
