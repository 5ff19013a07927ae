"""The terminal view's output for each kind of update."""

from __future__ import annotations

import io

from nbstream.display.terminal import TerminalView
from nbstream.updates import (
    Citation,
    Gap,
    LogLine,
    Metric,
    Progress,
    Reasoning,
    Row,
    Stopped,
    Text,
    ToolCall,
    Update,
    Usage,
)


class Screen(io.StringIO):
    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def written(*updates: Update, is_terminal: bool = False) -> str:
    out = Screen(is_terminal)
    view = TerminalView(out)
    for update in updates:
        view.write(update)
    return out.getvalue()


def test_reasoning_is_distinct_from_the_answer() -> None:
    updates = (Reasoning("let me "), Reasoning("see"), Text("It "), Text("is"))
    assert written(*updates) == "[Reasoning] let me see\nIt is"
    assert written(*updates, is_terminal=True) == ("\x1b[2mlet me see\x1b[22m\nIt is")


def test_a_tool_call_is_a_line() -> None:
    assert written(
        Text("Wait."),
        ToolCall(0, "a", "weather", '{"city":\n'),
        ToolCall(0, arguments='"Oslo"}'),
        ToolCall(1, "b", "time", "{}"),
        ToolCall(1, "b", "time", ""),
        Text("So"),
    ) == ('Wait.\n[Tool call] weather {"city":"Oslo"}\n[Tool call] time {}\nSo')


def test_interleaved_calls_show_which_one_continues() -> None:
    assert written(
        ToolCall(0, "a", "weather", "{"),
        ToolCall(0, "b", "weather", "{}"),
        LogLine("beside"),
        ToolCall(0, arguments=" "),
    ).splitlines() == [
        "[Tool call] weather {",
        "[Tool call] weather {}",
        "beside",
        "[Tool call] weather  ",
    ]


def test_usage_is_one_line_at_the_end() -> None:
    """It is sent several times while it grows, and the last value of each counts."""
    out = Screen(is_terminal=False)
    view = TerminalView(out)
    for update in (Usage(1200, 1, 0), Text("Hi"), Usage(output_tokens=3)):
        view.write(update)
    view.end()
    assert out.getvalue() == "Hi\n[Tokens: 1,200 in, 3 out]\n"


def test_controls_in_names_and_arguments_do_not_reach_the_terminal() -> None:
    shown = written(ToolCall(0, "", "a\x1b[2J", "\x07{}"), Reasoning("\x1b]0;x"))
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_sources_stops_and_gaps_are_lines() -> None:
    assert written(
        Text("It rains"),
        Citation("Oslo", "https://a.example/", "a wet\ntown"),
        Citation(url="https://b.example/"),
        Gap(1200),
        Gap(),
        Stopped("max_tokens", "It was cut."),
        Stopped("end_turn"),
    ).splitlines() == [
        "It rains",
        "[Source] Oslo https://a.example/ “a wet town”",
        "[Source] https://b.example/",
        "[Gap: 1,200 events lost]",
        "[Gap: some events lost]",
        "[It was cut.]",
    ]


def test_lines_of_a_log_are_written_without_their_colours() -> None:
    assert written(
        LogLine("\x1b[31mred\x1b[0m and \x1b[38;5;9mmore", "info"), LogLine("a\nb")
    ).splitlines() == ["INFO    red and more", "a", "b"]


def test_a_message_alone_keeps_the_count_of_its_bar() -> None:
    updates = (Progress("x", 3, 10, 30.0), Progress("x", message="at work"))
    assert written(*updates) == "x: 30 %, 3 of 10\nx: 30 %, 3 of 10, at work\n"


def test_numbers_are_written_as_everywhere() -> None:
    assert written(Metric("lr", 1e-5, 2), Metric("loss", float("nan"))) == (
        "lr = 1e-5 (step 2)\nloss = nan\n"
    )
    assert written(Row([10**20, 1.0, float("inf")])) == f"[{10**20}, 1, inf]\n"
